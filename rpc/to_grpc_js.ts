import type {
  Metadata as GrpcJsMetadata,
  sendUnaryData,
  ServerDuplexStream,
  ServerReadableStream,
  ServerUnaryCall,
  ServerWritableStream,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import type {
  BidirectionalHandler,
  ClientStreamingHandler,
  Handlers,
  ServerCallContext,
  ServerStreamingHandler,
  UnaryHandler,
} from "./handlers.ts";
import { logHandlerError } from "./log_handler_error.ts";
import { type MatchedHandler, matchHandlers } from "./match_handlers.ts";
import { Metadata } from "./metadata.ts";
import type { ServiceDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { toAsyncIterator } from "./to_async_iterator.ts";

type UnaryCall = ServerUnaryCall<unknown, unknown>;
type ReadableCall = ServerReadableStream<unknown, unknown>;
type WritableCall = ServerWritableStream<unknown, unknown>;
type DuplexCall = ServerDuplexStream<unknown, unknown>;
type AnyCall = UnaryCall | ReadableCall | WritableCall | DuplexCall;
type Respond = sendUnaryData<unknown>;

/** Options of `toGrpcJs()`. */
export interface ToGrpcJsOptions {
  /** Told of each handler that threw what is no `RpcError`. Default: it is written to stderr. */
  readonly onHandlerError?: (error: unknown, path: string) => void;
}

/**
 * Makes handlers run on a stock grpc-js server. They behave as on ours: metadata, deadline, cancellation, back-pressure
 * and the neutral UNKNOWN for what is no `RpcError`.
 *
 * @throws Error if a handler has no method.
 *
 * @example
 * ```ts ignore
 * import { Server } from "@grpc/grpc-js";
 *
 * const server = new Server();
 * server.addService(definition, toGrpcJs(handlers, definition));
 * ```
 */
export function toGrpcJs(
  handlers: Handlers,
  definition: ServiceDefinition,
  options: ToGrpcJsOptions = {},
): UntypedServiceImplementation {
  const { onHandlerError = logHandlerError } = options;
  const implementation: UntypedServiceImplementation = {};
  for (const matched of matchHandlers(definition, handlers)) {
    implementation[matched.name] = adapt(matched, onHandlerError);
  }
  return implementation;
}

type OnHandlerError = (error: unknown, path: string) => void;

/** The definition says which kind of handler it is. */
function adapt(
  { definition, handler }: MatchedHandler,
  onHandlerError: OnHandlerError,
): UntypedServiceImplementation[string] {
  const { path, requestStream, responseStream } = definition;
  const contextOf = (call: AnyCall) => new GrpcJsContext(call, path, onHandlerError);
  if (requestStream && responseStream) {
    const run = handler as BidirectionalHandler<unknown, unknown>;
    return (call: DuplexCall) => {
      const context = contextOf(call);
      answerAll(call, context, () => run(requestsOf(call, context), context));
    };
  }
  if (responseStream) {
    const run = handler as ServerStreamingHandler<unknown, unknown>;
    return (call: WritableCall) => {
      const context = contextOf(call);
      answerAll(call, context, () => run(call.request, context));
    };
  }
  if (requestStream) {
    const run = handler as ClientStreamingHandler<unknown, unknown>;
    return (call: ReadableCall, respond: Respond) => {
      const context = contextOf(call);
      answerOnce(context, respond, () => run(requestsOf(call, context), context));
    };
  }
  const run = handler as UnaryHandler<unknown, unknown>;
  return (call: UnaryCall, respond: Respond) => {
    const context = contextOf(call);
    answerOnce(context, respond, () => run(call.request, context));
  };
}

async function answerOnce(
  context: GrpcJsContext,
  respond: Respond,
  run: () => unknown,
): Promise<void> {
  try {
    const response = await run();
    if (!context.finish()) return;
    context.sendHeaders();
    respond(null, response, context.trailers());
  } catch (error) {
    context.refuse(error, respond);
  }
}

async function answerAll(
  call: WritableCall | DuplexCall,
  context: GrpcJsContext,
  run: () => unknown,
): Promise<void> {
  let responses: AsyncIterator<unknown> | undefined;
  // Lets a generator run its `finally`; it does so when it next yields or stops waiting.
  const stop = () => void Promise.resolve().then(() => responses?.return?.()).catch(() => {});
  try {
    responses = toAsyncIterator(run());
    if (context.signal.aborted) return stop();
    context.signal.addEventListener("abort", stop, { once: true });
    for (;;) {
      const step = await responses.next();
      if (context.isOver) return;
      if (step.done) break;
      context.sendHeaders();
      if (!call.write(step.value)) await drained(call, context.signal);
      if (context.isOver) return;
    }
    if (!context.finish()) return;
    context.sendHeaders();
    call.end(context.trailers());
  } catch (error) {
    context.refuse(error, (status) => call.emit("error", status));
    stop();
  }
}

/** Settles when the call takes more, or is over. */
function drained(call: WritableCall | DuplexCall, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off("drain", done);
      signal.removeEventListener("abort", done);
      resolve();
    };
    if (signal.aborted) return resolve();
    call.once("drain", done);
    signal.addEventListener("abort", done);
  });
}

/** The requests, without ending a call whose handler has read enough. */
async function* requestsOf(
  call: ReadableCall | DuplexCall,
  context: GrpcJsContext,
): AsyncGenerator<unknown, void, undefined> {
  try {
    yield* call.iterator({ destroyOnReturn: false });
  } catch (error) {
    throw context.signal.aborted ? context.signal.reason : error;
  }
}

/** A grpc-js call as our handlers see it. */
class GrpcJsContext implements ServerCallContext {
  readonly path: string;
  readonly metadata: Metadata;
  readonly peer: string;
  readonly authority: string;
  readonly deadline: Date | undefined;
  readonly signal: AbortSignal;
  readonly responseHeaders = new Metadata();
  readonly responseTrailers = new Metadata();

  readonly #call: AnyCall;
  readonly #onHandlerError: OnHandlerError;
  #headersSent = false;
  #finished = false;

  constructor(call: AnyCall, path: string, onHandlerError: OnHandlerError) {
    this.#call = call;
    this.#onHandlerError = onHandlerError;
    this.path = path;
    this.metadata = fromGrpcJsMetadata(call.metadata);
    this.peer = call.getPeer();
    this.authority = call.getHost();
    const deadline = Number(call.getDeadline());
    this.deadline = Number.isFinite(deadline) ? new Date(deadline) : undefined;
    const abort = new AbortController();
    this.signal = abort.signal;
    const onCancelled = () => {
      // grpc-js says so after every call, even one that went well.
      if (this.#finished) return;
      const late = deadline <= Date.now();
      abort.abort(
        late
          ? new RpcError(Status.DEADLINE_EXCEEDED, "Deadline exceeded on the server")
          : new RpcError(Status.CANCELLED, "The client cancelled the call"),
      );
    };
    const events: EventEmitter = call;
    if (call.cancelled) onCancelled();
    else events.once("cancelled", onCancelled);
  }

  /** True once nobody waits for an answer. */
  get isOver(): boolean {
    return this.#finished || this.signal.aborted;
  }

  sendHeaders(): void {
    if (this.#headersSent || this.#finished && this.responseHeaders.isEmpty) return;
    this.#headersSent = true;
    this.#call.sendMetadata(this.#toGrpcJsMetadata(this.responseHeaders));
  }

  /** Notes that the status is about to be sent; false if the call was over before. */
  finish(): boolean {
    if (this.isOver) return false;
    this.#finished = true;
    return true;
  }

  trailers(): GrpcJsMetadata {
    return this.#toGrpcJsMetadata(this.responseTrailers);
  }

  /** Ends the call with what a handler threw. */
  refuse(error: unknown, respond: (status: Error & { readonly code: number }) => void): void {
    if (!(error instanceof RpcError) && !this.isOver) this.#onHandlerError(error, this.path);
    if (!this.finish()) return;
    const declared = error instanceof RpcError
      ? error
      : new RpcError(Status.UNKNOWN, "The handler failed");
    if (declared.metadata !== undefined) this.responseTrailers.merge(declared.metadata);
    if (declared.details !== undefined) {
      this.responseTrailers.set("grpc-status-details-bin", declared.details);
    }
    this.sendHeaders();
    // grpc-js encodes with `encodeURI()`, which throws for half a surrogate pair.
    const details = declared.message.toWellFormed();
    const metadata = this.trailers();
    respond(Object.assign(new Error(details), { code: declared.code, details, metadata }));
  }

  /** Of the class of the instance that grpc-js handed over, so that grpc-js need not be imported. */
  #toGrpcJsMetadata(metadata: Metadata): GrpcJsMetadata {
    const Constructor = this.#call.metadata.constructor as new () => GrpcJsMetadata;
    const copy = new Constructor();
    for (const [name, value] of metadata) {
      if (name.startsWith("grpc-") && name !== "grpc-status-details-bin") continue;
      copy.add(name, typeof value === "string" ? value : Buffer.from(value));
    }
    return copy;
  }
}

function fromGrpcJsMetadata(metadata: GrpcJsMetadata): Metadata {
  const copy = new Metadata();
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) copy.append(name, value);
  }
  return copy;
}
