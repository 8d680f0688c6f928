import type { CallStatus } from "./call_options.ts";
import type { ServerCallContext } from "./handlers.ts";
import type { MessageHook } from "./message_hooks.ts";
import type { Metadata } from "./metadata.ts";
import type { MethodDefinition } from "./service_definition.ts";

/** What an interceptor is told of the method: its path, and which sides stream. */
export type CalledMethod = Pick<MethodDefinition, "path" | "requestStream" | "responseStream">;

/** What the interceptors of both sides have. */
export interface MessageHooks {
  /**
   * Lets each request pass a hook: those of outer interceptors first. Give it before `next()`.
   *
   * @throws Error if the handler, or on a client the call, has been started
   */
  onRequest(hook: MessageHook): void;
  /** Lets each response pass a hook, as `onRequest()` does: those of inner interceptors first. */
  onResponse(hook: MessageHook): void;
}

/** A call on the server, as an interceptor sees it. */
export interface InterceptedCall extends ServerCallContext, MessageHooks {
  /** Undefined if the server has no such method: `next()` then rejects with UNIMPLEMENTED. */
  readonly method: CalledMethod | undefined;
  /** Requests read so far, and answers written. */
  readonly received: number;
  readonly sent: number;
}

/**
 * Stands around the handlers of a server, an onion: the first one given is the outermost. It may do something before
 * `next()`, which runs what is inside of it, and after.
 *
 * `next()` resolves when the inside has answered well, and rejects with what the handler, a hook or an inner
 * interceptor threw; with the `RpcError` of the end if the client cancels or the deadline passes, even while the handler
 * hangs.
 *
 * - To refuse a call, throw an `RpcError` instead of calling `next()`. What else is thrown leaves as a neutral UNKNOWN.
 * - To give a failure another status, catch it and throw an `RpcError`. To return after a failure lets it stand: nobody
 *   makes a call succeed by watching it.
 * - To return without `next()`, and to call it twice, are faults: the client gets INTERNAL, the log a sentence.
 */
export type ServerInterceptor = (
  call: InterceptedCall,
  next: () => Promise<void>,
) => void | Promise<void>;

/** A call on the client, as an interceptor sees it. */
export interface OutgoingCall extends MessageHooks {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly method: CalledMethod;
  /** What is sent with the call: a copy, which may be changed before `next()`. */
  readonly metadata: Metadata;
  /** The server's headers; empty if it answers with a status alone. Never rejects. */
  readonly headers: Promise<Metadata>;
  /** Requests written so far, and responses read. */
  readonly sent: number;
  readonly received: number;
}

/**
 * Stands around the calls of a channel, an onion: the channel's before the call's own, the first one given outermost.
 *
 * `next()` starts the call, and resolves with its status, whichever it is. As long as no interceptor waits before it, a
 * call starts as soon as it is made; messages that are sent meanwhile are kept.
 *
 * - To refuse a call, throw instead of calling `next()`; thrown later, it ends the call, which is cancelled.
 * - A status that came cannot be changed.
 * - To return without `next()`, and to call it twice, end the call with INTERNAL.
 */
export type ClientInterceptor = (
  call: OutgoingCall,
  next: () => Promise<CallStatus>,
) => void | Promise<void>;
