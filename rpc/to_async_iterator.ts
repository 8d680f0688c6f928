/**
 * What a streaming handler returned, as an iterator.
 *
 * @throws TypeError if it is neither an async iterable nor an iterable.
 */
export function toAsyncIterator(output: unknown): AsyncIterator<unknown> {
  const iterable = output as Partial<AsyncIterable<unknown> & Iterable<unknown>> | undefined;
  const async = iterable?.[Symbol.asyncIterator]?.();
  if (async !== undefined) return async;
  const sync = iterable?.[Symbol.iterator]?.();
  if (sync === undefined) throw new TypeError("The handler of a stream returned no iterable");
  return (async function* () {
    yield* { [Symbol.iterator]: () => sync };
  })();
}
