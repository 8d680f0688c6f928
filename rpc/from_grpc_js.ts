import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { EventEmitter } from "node:events";
import { Duplex, Readable, Writable } from "node:stream";
import {
  addMetadata,
  type GrpcJsMetadata,
  toBuffers,
  toGrpcJsRequestMetadata,
  toRpcError,
} from "./grpc_js_values.ts";
import type { Handler, Handlers, ServerCallContext } from "./handlers.ts";
import { logHandlerError } from "./log_handler_error.ts";
import type { MethodDefinition, ServiceDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { StreamedAnswers } from "./streamed_answers.ts";

type Requests = AsyncIterableIterator<unknown>;
/** A method of a grpc-js implementation, whichever its kind. */
type Run = (call: EventEmitter, respond?: Respond) => unknown;
type Respond = (error: unknown, value?: unknown, trailers?: GrpcJsMetadata, flags?: number) => void;

/**
 * Makes handlers of a grpc-js implementation: callbacks and streams, unchanged. What such code calls on a call is there:
 * `request`, `metadata`, `cancelled` and its event, `sendMetadata()`, `getPeer()`, `getDeadline()`, `getPath()`,
 * `getHost()`, `getAuthContext()`, `emit("error", status)`, `end(trailers)`, `destroy(error)`.
 *
 * Unlike grpc-js, an error without a numeric `code` leaves as a neutral UNKNOWN, without its message, and a failing
 * `async` method ends its call instead of the process.
 *
 * @example
 * ```ts ignore
 * import { HealthImplementation, service } from "grpc-health-check";
 *
 * new HealthImplementation({ "": "SERVING" }).addToServer({
 *   addService: (definition, implementation) =>
 *     server.addService(definition, fromGrpcJs(implementation, definition)),
 * });
 * ```
 */
export function fromGrpcJs(
  implementation: UntypedServiceImplementation,
  definition: ServiceDefinition,
): Handlers {
  const handlers: Record<string, Handler> = {};
  for (const [name, method] of Object.entries(definition)) {
    const found = implementation[name] ?? implementation[method.originalName ?? name];
    if (typeof found !== "function") continue;
    handlers[name] = adapt(found.bind(implementation) as Run, method);
  }
  return handlers;
}

function adapt(run: Run, { requestStream, responseStream }: MethodDefinition): Handler {
  if (responseStream) {
    return (input: unknown, context: ServerCallContext) =>
      requestStream
        ? answerAll(run, context, { requests: input as Requests })
        : answerAll(run, context, { request: input });
  }
  return (input: unknown, context: ServerCallContext) =>
    requestStream
      ? answerOnce(run, context, { requests: input as Requests })
      : answerOnce(run, context, { request: input });
}

/** One message, or the stream of them. */
type Input = { readonly request: unknown } | { readonly requests: Requests };

function answerOnce(run: Run, context: ServerCallContext, input: Input): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(toRpcError(error));
    const unreadable = (error: unknown) => {
      reject(error);
      cancel(call, context);
    };
    const call = "requests" in input
      ? new Readable({ objectMode: true, read: readFrom(input.requests, unreadable) })
      : new EventEmitter();
    equip(call, context, input);
    call.on("error", fail);
    onCancel(call, context, reject);
    const respond: Respond = (error, value, trailers) => {
      if (error) return reject(toRpcError(error, trailers));
      addMetadata(context.responseTrailers, trailers);
      resolve(value);
    };
    start(() => run(call, respond), fail);
  });
}

function answerAll(run: Run, context: ServerCallContext, input: Input): StreamedAnswers {
  const answers: StreamedAnswers = new StreamedAnswers({ stopped: () => cancel(call, context) });
  const fail = (error: unknown) => answers.end(toRpcError(error));
  let failure: unknown;
  const writing = {
    objectMode: true,
    write: (message: unknown, _encoding: string, taken: () => void) => answers.put(message, taken),
    final(done: () => void) {
      answers.end(failure);
      done();
    },
    destroy(error: Error | null, done: (error: Error | null) => void) {
      answers.end(error ? toRpcError(error) : NO_STATUS);
      done(error);
    },
  };
  const call = "requests" in input
    ? new Duplex({ ...writing, read: readFrom(input.requests, fail) })
    : new Writable(writing);
  equip(call, context, input);
  const end = call.end.bind(call) as () => unknown;
  Object.assign(call, {
    end(trailers?: GrpcJsMetadata) {
      addMetadata(context.responseTrailers, trailers);
      return end();
    },
  });
  // As in grpc-js: what was written before leaves before the status.
  call.on("error", (error: unknown) => {
    failure ??= toRpcError(error);
    call.end();
  });
  onCancel(call, context, (reason) => answers.stop(reason));
  start(() => run(call), fail);
  return answers;
}

const NO_STATUS = new RpcError(Status.UNKNOWN, "The handler ended the call without a status");

/** Puts on a call what calls of every kind have. */
function equip(call: EventEmitter, context: ServerCallContext, input: Input): void {
  Object.assign(call, {
    cancelled: false,
    metadata: toGrpcJsRequestMetadata(context.metadata),
    ...("request" in input ? { request: toBuffers(input.request) } : {}),
    getPath: () => context.path,
    getPeer: () => context.peer,
    getHost: () => context.authority,
    getDeadline: () => context.deadline?.getTime() ?? Infinity,
    getAuthContext: () => ({}),
    sendMetadata(metadata: GrpcJsMetadata) {
      addMetadata(context.responseHeaders, metadata);
      context.sendHeaders();
    },
  });
}

/** Tells an implementation that nobody waits for its answer, and whoever waits for it. */
function onCancel(
  call: EventEmitter,
  context: ServerCallContext,
  settle: (reason: unknown) => void,
): void {
  const { signal } = context;
  const onAbort = () => {
    settle(signal.reason);
    cancel(call, context);
  };
  if (signal.aborted) queueMicrotask(onAbort);
  else signal.addEventListener("abort", onAbort, { once: true });
}

function cancel(call: EventEmitter, { path }: ServerCallContext): void {
  if (Reflect.get(call, "cancelled") === true) return;
  Object.assign(call, { cancelled: true });
  try {
    call.emit("cancelled", "cancelled");
  } catch (error) {
    // The call is over and has nobody else to tell; the server goes on.
    logHandlerError(error, path);
  }
  if (call instanceof Readable || call instanceof Writable) call.destroy();
}

/** Runs a method; what it throws or rejects with is a failure of its own. */
function start(run: () => unknown, fail: (error: unknown) => void): void {
  try {
    Promise.resolve(run()).catch(fail);
  } catch (error) {
    fail(error);
  }
}

/** Reads one request whenever the stream asks for it. */
function readFrom(requests: Requests, fail: (error: unknown) => void) {
  return function (this: Readable): void {
    requests.next().then(
      (step) => this.push(step.done ? null : toBuffers(step.value)),
    ).catch(fail);
  };
}
