/** Handlers of every_cell.proto and grouped_rows.proto: they give back what they get. */
export const handlers = {
  EchoCells: {
    async *Echo(requests: AsyncIterable<object>) {
      yield* requests;
    },
  },
};
