import { ACCEPTED_ENCODINGS, isKnownEncoding, loadCodec } from "./compression.ts";
import { HandlerRun, type RunningCall } from "./handler_run.ts";
import {
  type CloseCause,
  ErrorCode,
  type HeaderField,
  type Http2Stream,
  type RequestHead,
  type StreamListener,
} from "./http2/mod.ts";
import type { CalledMethod, InterceptedCall, ServerInterceptor } from "./interceptors.ts";
import { HookCollector, type MessageHook } from "./message_hooks.ts";
import type { MessageBudget } from "./message_budget.ts";
import { MessageReader } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";
import { Metadata } from "./metadata.ts";
import type { LiveCall, MessagePeek } from "./observation.ts";
import { responseHead, writeStatus } from "./response_fields.ts";
import type { Route } from "./route.ts";
import { runOnion } from "./run_onion.ts";
import { RpcError, Status } from "./status.ts";
import { statusOf } from "./status_of.ts";
import { decodeTimeout } from "./timeout.ts";
import { findField, headerListOctets, readMetadata, writeMetadata } from "./wire_metadata.ts";

/** One finished call, for logs and metrics. */
export interface CallRecord {
  readonly path: string;
  readonly peer: string;
  /** The status that the client was sent, or CANCELLED if it did not wait for one. */
  readonly code: number;
  readonly message: string;
  /** Messages. */
  readonly received: number;
  readonly sent: number;
  readonly durationMs: number;
}

/** What a call needs of its server. */
export interface ServerCallHost {
  readonly maxMessageOctets: number;
  /** Compress answers where the client takes it. */
  readonly compression: "identity" | "gzip";
  /** The outermost first. */
  readonly interceptors: readonly ServerInterceptor[];
  /** `call` is undefined for one that was refused before it began. */
  callDone(record: CallRecord, call?: LiveCall): void;
  /** A handler threw what is no `RpcError`: a fault of its own, which the client is not told. */
  handlerFailed(error: unknown, path: string): void;
}

/** The longest time that a timer can wait, in ms. */
const MAX_TIMER_MS = 0x7fff_ffff;

/** Why what is left of a call is to stop that has ended without a fault of its client. */
const CALL_OVER = new RpcError(Status.CANCELLED, "The call is over");

/** One call on the server: from the request's head to its status. */
export class ServerCall implements StreamListener, RunningCall, InterceptedCall, LiveCall {
  readonly path: string;
  readonly peer: string;
  readonly authority: string;
  readonly deadline: Date | undefined;
  readonly startedMs = performance.now();

  /** What the metadata is read from, when somebody asks for it: few handlers do. */
  readonly #fields: readonly HeaderField[];
  #metadata: Metadata | undefined;
  readonly #stream: Http2Stream;
  readonly #host: ServerCallHost;
  readonly #route: Route;
  readonly #reader: MessageReader<unknown>;
  readonly #writer: MessageWriter<unknown>;
  readonly #run: HandlerRun;
  #responseHeaders: Metadata | undefined;
  #responseTrailers: Metadata | undefined;
  #abort: AbortController | undefined;
  #abortReason: RpcError | undefined;
  #headersSent = false;
  #finished = false;
  /** Only where there are interceptors, as the two below. */
  #hooks: HookCollector | undefined;
  /** The handler's work, from when it starts. */
  #answering: Promise<void> | undefined;
  /** Ends the innermost `next()` before the handler does. */
  #interrupt: ((error: unknown) => void) | undefined;
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;

  /** @throws RpcError if the head asks for what we cannot do. */
  constructor(
    stream: Http2Stream,
    head: RequestHead,
    options: {
      readonly host: ServerCallHost;
      readonly route: Route;
      readonly peer: string;
      /** Of the connection. */
      readonly budget: MessageBudget;
    },
  ) {
    const { host, route, budget } = options;
    this.#stream = stream;
    this.#host = host;
    this.#route = route;
    this.path = head.path;
    this.peer = options.peer;
    this.authority = head.authority;
    this.#fields = head.fields;
    // What cannot be read is refused before there is a handler.
    if (head.fields.some(({ name }) => name.endsWith("-bin"))) {
      this.#metadata = readMetadata(head.fields);
    }
    this.#reader = new MessageReader(stream, {
      deserialize: route.definition.requestDeserialize,
      maxMessageOctets: Math.min(
        host.maxMessageOctets,
        route.definition.maxRequestOctets ?? Infinity,
      ),
      onFailure: (error) => this.#interrupt?.(error),
      budget,
    });
    this.#writer = new MessageWriter(stream, route.definition.responseSerialize);
    this.#run = new HandlerRun(route, { call: this, reader: this.#reader, writer: this.#writer });
    const encoding = findField(head.fields, "grpc-encoding") ?? "identity";
    if (!isKnownEncoding(encoding)) throw unknownEncoding(encoding);
    this.#reader.codec = loadCodec(encoding);
    const accepted = findField(head.fields, "grpc-accept-encoding") ?? "";
    const gzips = host.compression === "gzip" && /(^|[,\s])gzip($|[,;\s])/.test(accepted);
    if (gzips) this.#writer.codec = loadCodec("gzip");
    this.deadline = this.#startDeadline(findField(head.fields, "grpc-timeout"));
  }

  get metadata(): Metadata {
    return this.#metadata ??= readMetadata(this.#fields);
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#abortReason !== undefined) this.#abort.abort(this.#abortReason);
    return this.#abort.signal;
  }

  get responseHeaders(): Metadata {
    return this.#responseHeaders ??= new Metadata();
  }

  get responseTrailers(): Metadata {
    return this.#responseTrailers ??= new Metadata();
  }

  // What its handler's run sees beside it.

  get isFinished(): boolean {
    return this.#finished;
  }

  // What interceptors see beside it.

  get method(): CalledMethod | undefined {
    return this.#route.isMissing ? undefined : this.#route.definition;
  }

  get received(): number {
    return this.#reader.count;
  }

  get sent(): number {
    return this.#writer.count;
  }

  // What who watches the server sees beside it.

  get receivedOctets(): number {
    return this.#reader.octets;
  }

  get sentOctets(): number {
    return this.#writer.octets;
  }

  peekRequests(peek: MessagePeek | undefined): void {
    this.#reader.peek = peek;
  }

  peekResponses(peek: MessagePeek | undefined): void {
    const { definition } = this.#route;
    // Decoded anew: hooks may have changed what the handler gave, and what is sent is what counts.
    this.#writer.peek = peek === undefined
      ? undefined
      : (index, octets) => peek(index, () => definition.responseDeserialize(octets));
  }

  onRequest(hook: MessageHook): void {
    this.#hooks?.onRequest(hook);
  }

  onResponse(hook: MessageHook): void {
    this.#hooks?.onResponse(hook);
  }

  sendHeaders(): void {
    if (this.#headersSent || this.#finished) return;
    const fields = responseHead();
    if (this.#writer.codec !== undefined) fields.push({ name: "grpc-encoding", value: "gzip" });
    if (this.#responseHeaders !== undefined) writeMetadata(this.#responseHeaders, fields);
    if (headerListOctets(fields) > this.#stream.peerMaxHeaderListOctets) {
      // Once: the status that this ends with goes without them.
      this.#responseHeaders = undefined;
      throw new RpcError(
        Status.INTERNAL,
        "Cannot send the response headers: the client does not take as many",
      );
    }
    this.#stream.sendHeaders(fields);
    this.#headersSent = true;
  }

  /**
   * Runs the interceptors and the handler; settles when they have returned, which may be after the call ended. Never
   * rejects.
   */
  async run(): Promise<void> {
    const { interceptors } = this.#host;
    if (interceptors.length > 0) return await this.#runIntercepted(interceptors);
    try {
      await this.#run.start();
      this.#succeed();
    } catch (error) {
      this.#finishWith(error);
    }
  }

  /** Ends the call from outside: the handler is told, the client gets the status if it still listens. */
  cancel(error: RpcError): void {
    if (this.#finished) return;
    this.#finish(error.code, error.message);
    this.#stop(error);
  }

  async #runIntercepted(interceptors: readonly ServerInterceptor[]): Promise<void> {
    const hooks = this.#hooks = new HookCollector();
    const { outcome, idle } = runOnion<InterceptedCall, void>({
      layers: interceptors.map((run) => ({ name: run.name, run })),
      call: this,
      core: () => this.#answerInside(hooks),
      misused: (sentence) => this.#misused(sentence),
    });
    try {
      await outcome;
      this.#succeed();
    } catch (error) {
      this.#finishWith(error);
      // The handler, or an interceptor, may still be at work for a call that another one has ended.
      if (this.#abortReason === undefined) this.#stop(CALL_OVER);
    }
    await idle;
    await this.#answering?.catch(() => {});
  }

  /** The core of the onion: the handler, but the wait for it ends when the call does. */
  #answerInside(hooks: HookCollector): Promise<void> {
    if (this.#abortReason !== undefined) return Promise.reject(this.#abortReason);
    const { requests, responses } = hooks.seal();
    this.#reader.addHooks(requests);
    this.#writer.addHooks(responses);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#interrupt = reject;
    this.#answering = this.#run.start();
    this.#answering.then(resolve, reject);
    return promise;
  }

  /** An interceptor did what none must: the log says what, the client only that. */
  #misused(sentence: string): Error {
    if (this.#finished) return this.#abortReason ?? CALL_OVER;
    this.#host.handlerFailed(new Error(sentence), this.path);
    return new RpcError(Status.INTERNAL, "The server failed to handle the call");
  }

  #startDeadline(timeout: string | undefined): Date | undefined {
    if (timeout === undefined) return undefined;
    const timeoutMs = decodeTimeout(timeout);
    if (timeoutMs === undefined) {
      throw new RpcError(Status.INTERNAL, `Cannot read grpc-timeout "${timeout}"`);
    }
    const expire = () =>
      this.cancel(new RpcError(Status.DEADLINE_EXCEEDED, `Deadline exceeded on the server`));
    if (timeoutMs <= MAX_TIMER_MS) this.#deadlineTimer = setTimeout(expire, timeoutMs);
    return new Date(Date.now() + timeoutMs);
  }

  #finishWith(error: unknown): void {
    if (error instanceof RpcError) {
      this.#addTrailers(error);
      this.#finish(error.code, error.message);
    } else if (!this.#finished) {
      this.#host.handlerFailed(error, this.path);
      const { code, message } = statusOf(error);
      this.#finish(code, message);
    }
    this.#run.stop();
  }

  /** Of another module's `RpcError` both may be anything. */
  #addTrailers({ metadata, details }: RpcError): void {
    if (this.#finished) return;
    try {
      if (details !== undefined) this.responseTrailers.set("grpc-status-details-bin", details);
      if (metadata !== undefined) this.responseTrailers.merge(metadata);
    } catch (error) {
      this.#host.handlerFailed(error, this.path);
    }
  }

  /** A call that succeeds without an answer (an empty stream) still sends its headers. */
  #succeed(): void {
    this.sendHeaders();
    this.#finish(Status.OK, "");
  }

  #finish(code: number, message: string): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#deadlineTimer);
    const fields = this.#statusFields(code, message);
    if (this.#headersSent) this.#stream.end(fields);
    else this.#stream.sendHeaders(fields, { endStream: true });
    this.#record(code, message);
  }

  /** A handler may have put anything into its metadata: the status leaves without what cannot be written. */
  #statusFields(code: number, message: string): HeaderField[] {
    const head = () => this.#headersSent ? [] : responseHead();
    const maxOctets = this.#stream.peerMaxHeaderListOctets;
    try {
      const fields = head();
      if (!this.#headersSent && this.#responseHeaders !== undefined) {
        writeMetadata(this.#responseHeaders, fields);
      }
      writeStatus(fields, { code, message, metadata: this.#responseTrailers }, maxOctets);
      return fields;
    } catch (error) {
      this.#host.handlerFailed(error, this.path);
      const fields = head();
      writeStatus(fields, { code, message }, maxOctets);
      return fields;
    }
  }

  #record(code: number, message: string): void {
    this.#host.callDone({
      path: this.path,
      peer: this.peer,
      code,
      message,
      received: this.#reader.count,
      sent: this.#writer.count,
      durationMs: performance.now() - this.startedMs,
    }, this);
  }

  /** Tells a handler that still runs that nobody waits for it. */
  #stop(reason: RpcError): void {
    this.#abortReason = reason;
    this.#interrupt?.(reason);
    this.#abort?.abort(reason);
    this.#reader.fail(reason);
    this.#writer.fail(reason);
    this.#run.stop();
  }

  // What the stream tells.

  head(): void {}

  data(chunk: Uint8Array, endStream: boolean): void {
    this.#reader.push(chunk);
    if (endStream) this.#reader.end();
  }

  trailers(): void {
    this.#reader.end();
  }

  writable(): void {
    this.#writer.writable();
  }

  closed(cause: CloseCause): void {
    this.#reader.letGo();
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#deadlineTimer);
    const reason = new RpcError(Status.CANCELLED, describeClose(cause));
    this.#record(reason.code, reason.message);
    this.#stop(reason);
  }
}

function describeClose(cause: CloseCause): string {
  switch (cause.kind) {
    case "reset":
      return cause.code === ErrorCode.CANCEL || cause.code === ErrorCode.NO_ERROR
        ? "The client cancelled the call"
        : "The call was reset";
    case "connection":
      return cause.error.message;
    case "finished":
    case "unprocessed":
      return "The call was cut off";
  }
}

function unknownEncoding(encoding: string): RpcError {
  return new RpcError(
    Status.UNIMPLEMENTED,
    `Cannot read grpc-encoding "${encoding}": only ${ACCEPTED_ENCODINGS} are known`,
  );
}
