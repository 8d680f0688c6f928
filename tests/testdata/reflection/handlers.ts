/** Handlers of lab.proto and bare.proto: answers are the requests. */
export const Put = (reading: object) => reading;

export async function* Follow(readings: AsyncIterable<object>) {
  yield* readings;
}

export const Echo = (word: object) => word;
