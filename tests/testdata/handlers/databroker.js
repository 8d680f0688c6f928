// Handlers of the built-in databroker in JavaScript, each a function of its own.

/** Finds everything odd whose id is. */
export async function* BidirectionalStreaming(requests) {
  for await (const { id } of requests) yield { id, prediction: id % 2 === 1 };
}
