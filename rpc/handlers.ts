import type { Metadata } from "./metadata.ts";

/** What a handler knows of its call, and where it puts headers and trailers. */
export interface ServerCallContext {
  /** `/package.Service/Method`. */
  readonly path: string;
  /** What the client sent. */
  readonly metadata: Metadata;
  /** The client: `127.0.0.1:50312`. */
  readonly peer: string;
  /** The `:authority` that the client asked for. */
  readonly authority: string;
  /** When the client stops waiting; undefined if it never does. */
  readonly deadline: Date | undefined;
  /** Aborted when the client cancels, the deadline passes or the connection breaks. */
  readonly signal: AbortSignal;
  /** Sent before the first answer. */
  readonly responseHeaders: Metadata;
  /** Sent after the last answer. */
  readonly responseTrailers: Metadata;
  /** Sends `responseHeaders` now, before there is an answer. Harmless when repeated. */
  sendHeaders(): void;
}

export type UnaryHandler<Request, Response> = (
  request: Request,
  call: ServerCallContext,
) => Response | Promise<Response>;

export type ServerStreamingHandler<Request, Response> = (
  request: Request,
  call: ServerCallContext,
) => AsyncIterable<Response>;

export type ClientStreamingHandler<Request, Response> = (
  requests: AsyncIterableIterator<Request>,
  call: ServerCallContext,
) => Response | Promise<Response>;

export type BidirectionalHandler<Request, Response> = (
  requests: AsyncIterableIterator<Request>,
  call: ServerCallContext,
) => AsyncIterable<Response>;

/** A handler of any kind; the method's definition says which. */
export type Handler<Request = unknown, Response = unknown> =
  | UnaryHandler<Request, Response>
  | ServerStreamingHandler<Request, Response>
  | ClientStreamingHandler<Request, Response>
  | BidirectionalHandler<Request, Response>;

/**
 * Handlers by method name as in the `.proto`. Deliberately loose: the types of a service's messages come from its
 * generated interface, and a parameter type narrower than `unknown` must be assignable.
 */
// deno-lint-ignore no-explicit-any
export type Handlers = Readonly<Record<string, Handler<any, any>>>;
