/** Handlers of editions.proto: they give back what they get, or say whether it was there. */
export const handlers = {
  async *Numbers(request: object) {
    yield request;
  },
  async *All(requests: AsyncIterable<object>) {
    yield* requests;
  },
  Later(request: { readonly id?: number }) {
    return request.id === undefined ? { words: "absent" } : { id: request.id, group: { id: 0 } };
  },
};
