import type { ClientCall } from "./client_call.ts";
import { RpcError, Status } from "./status.ts";

/** Whether taking the requests failed, in the caller's own iterable. */
export interface Sending {
  failure?: { readonly error: unknown };
}

/** Sends the only request. One that does not fit its type ends the call, and so shows in the response. */
export function sendOne<Request, Response>(
  call: ClientCall<Request, Response>,
  request: Request,
): void {
  try {
    call.send(request);
    call.end();
  } catch (error) {
    if (!call.isDone) throw error;
  }
}

/** Sends all requests as fast as the server takes them, then ends. A failing iterable cancels the call. */
export function startSending<Request, Response>(
  call: ClientCall<Request, Response>,
  requests: AsyncIterable<Request> | Iterable<Request>,
): Sending {
  const sending: Sending = {};
  sendAll(call, requests).catch((error) => {
    if (call.isDone) return;
    sending.failure = { error };
    call.cancel("The requests could not be read");
  });
  return sending;
}

async function sendAll<Request, Response>(
  call: ClientCall<Request, Response>,
  requests: AsyncIterable<Request> | Iterable<Request>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in requests
    ? requests[Symbol.asyncIterator]()
    : requests[Symbol.iterator]();
  // A server that ends the call early sets the source free, even one that waits for its next item.
  call.status.then(() => iterator.return?.())?.catch(() => {});
  for (;;) {
    const step = await iterator.next();
    if (step.done || call.isDone) break;
    if (!call.send(step.value)) await call.ready();
  }
  call.end();
}

/** The one response of a call. @throws RpcError with the call's status, or UNIMPLEMENTED if there is none or more. */
export async function onlyResponse<Request, Response>(
  call: ClientCall<Request, Response>,
  sending: Sending = {},
): Promise<Response> {
  try {
    const first = await call.responses.next();
    if (first.done) {
      throw new RpcError(Status.UNIMPLEMENTED, `${call.path} answers one message, none came`);
    }
    const second = await call.responses.next();
    if (!second.done) {
      call.cancel();
      throw new RpcError(Status.UNIMPLEMENTED, `${call.path} answers one message, more came`);
    }
    return first.value;
  } catch (error) {
    throw sending.failure === undefined ? error : sending.failure.error;
  }
}

/** The responses of a call; leaving the loop early cancels it. */
export async function* allResponses<Request, Response>(
  call: ClientCall<Request, Response>,
  sending: Sending = {},
): AsyncGenerator<Response, void, undefined> {
  try {
    yield* call.responses;
  } catch (error) {
    throw sending.failure === undefined ? error : sending.failure.error;
  } finally {
    if (!call.isDone) call.cancel();
  }
}
