import type { BidirectionalHandler, ServerCallContext } from "./handlers.ts";

/** Starts a call: returns what answers its requests, each by itself. */
export type StartAnswering<Request, Response> = (
  call: ServerCallContext,
) => (request: Request) => Response | Promise<Response>;

/** Where a handler keeps its start: who wraps a handler gets one like any other. Known to all copies of this module. */
const START = Symbol.for("broker.startAnswering");

/**
 * Makes the handler of a bidirectional method that answers each request with one message, in order: several times as fast
 * as the `async function*` that does the same, since no message costs a promise.
 *
 * `start` is called once a call, so that what it keeps belongs to that call. An answer that takes time may be a promise;
 * the next request waits for it.
 *
 * @example
 * ```ts
 * const handlers = {
 *   BidirectionalStreaming: answerEach(() => {
 *     let last = 0;
 *     return ({ id, sensor1 }: Measurement) => {
 *       const prediction = Math.abs(sensor1 - last) > 10;
 *       last = sensor1;
 *       return { id, prediction };
 *     };
 *   }),
 * };
 * ```
 */
export function answerEach<Request, Response>(
  start: StartAnswering<Request, Response>,
): BidirectionalHandler<Request, Response> {
  // What it is to grpc-js, and to who calls it by hand.
  async function* handler(
    requests: AsyncIterable<Request>,
    call: ServerCallContext,
  ): AsyncGenerator<Response, void, undefined> {
    const answer = start(call);
    for await (const request of requests) yield await answer(request);
  }
  return Object.assign(handler, { [START]: start });
}

/** How a handler that `answerEach()` made starts; undefined for any other. */
export function findStart(handler: object): StartAnswering<unknown, unknown> | undefined {
  return (handler as { [START]?: StartAnswering<unknown, unknown> })[START];
}
