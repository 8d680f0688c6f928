import type { CallOptions, CallStatus, ClientCallHost } from "./call_options.ts";
import { isKnownEncoding, loadCodec } from "./compression.ts";
import {
  type ByteBuffer,
  type CloseCause,
  ErrorCode,
  type HeaderField,
  type Http2Connection,
  type Http2Stream,
  type ResponseHead,
  type StreamListener,
} from "./http2/mod.ts";
import type { ClientInterceptor } from "./interceptors.ts";
import { interceptCall } from "./intercept_call.ts";
import type { MessageHook } from "./message_hooks.ts";
import { MessageReader } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";
import { Metadata } from "./metadata.ts";
import { Outbox } from "./outbox.ts";
import { requestFields } from "./request_fields.ts";
import { asRpcError, describeError, statusOfClose, statusOfResponse } from "./response_status.ts";
import type { MethodDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { describeTimeout } from "./timeout.ts";
import { findField, headerListOctets, isGrpcContentType, readMetadata } from "./wire_metadata.ts";

/** What a writer is told whose call has gone well without all of its messages. */
const ENDED = new RpcError(Status.OK, "The server ended the call");
/** The longest time that a timer can wait, in ms. */
const MAX_TIMER_MS = 0x7fff_ffff;

/**
 * One call of a client, of any kind: `send()` and `end()` on one side, `responses` on the other, `status` at the end.
 *
 * A call that the server never processed is started again: once if it may have been seen, as often as it takes if it
 * was not, as long as all that was sent is still kept (gRPC proposal A6).
 */
export class ClientCall<Request, Response> implements StreamListener {
  /** What the server answers. Throws an `RpcError` at the end if the status is not OK. */
  readonly responses: MessageReader<Response>;
  /** The server's headers; empty if it answered with a status alone. Never rejects. */
  readonly headers: Promise<Metadata>;
  /**
   * The end of the call: what the server said, or why it was given up. Never rejects. A server's OK can come before its
   * last messages are read; that one of them cannot be read then shows in `responses` alone.
   */
  readonly status: Promise<CallStatus>;
  /** `/package.Service/Method`. */
  readonly path: string;

  readonly #host: ClientCallHost;
  readonly #options: CallOptions;
  readonly #writer: MessageWriter<Request>;
  /** Ends the wait for a connection. */
  #waiting: AbortController | undefined;
  readonly #deadlineMs: number;
  readonly #resolveHeaders: (metadata: Metadata) => void;
  readonly #resolveStatus: (status: CallStatus) => void;
  readonly #onAbort = () => this.cancel();
  #deadlineTimer: ReturnType<typeof setTimeout> | undefined;
  #stream: Http2Stream | undefined;
  readonly #outbox = new Outbox();
  #sendEnded = false;
  #retried = false;
  #headReceived: ResponseHead | undefined;
  #settled = false;
  #metadata: Metadata | undefined;
  /** What was sent before the interceptors let the call start; undefined once they did, or where there are none. */
  #held: Request[] | undefined;
  /** True while messages go nowhere, or are held: one question a message. */
  #sendsNothing = false;

  constructor(
    host: ClientCallHost,
    definition: MethodDefinition<Request, Response>,
    options: CallOptions = {},
  ) {
    this.#host = host;
    this.#options = options;
    this.path = definition.path;
    const headers = Promise.withResolvers<Metadata>();
    const status = Promise.withResolvers<CallStatus>();
    this.headers = headers.promise;
    this.status = status.promise;
    this.#resolveHeaders = headers.resolve;
    this.#resolveStatus = status.resolve;
    this.responses = new MessageReader<Response>(
      { release: (octets, info) => this.#stream?.release(octets, info) },
      {
        deserialize: definition.responseDeserialize,
        maxMessageOctets: host.maxMessageOctets,
        onFailure: (error) => this.#settle(asRpcError(error)),
      },
    );
    this.#writer = new MessageWriter<Request>(this.#outbox.waiting(), definition.requestSerialize);
    this.#deadlineMs = performance.now() + (options.timeoutMs ?? Infinity);
    this.#watch(options);
    this.#writer.codec = loadCodec(options.compression ?? "identity");
    this.#metadata = options.metadata;
    const own = options.interceptors ?? [];
    if (host.interceptors.length + own.length === 0) this.#begin();
    else this.#intercept(definition, [...host.interceptors, ...own]);
  }

  /** Messages written so far. */
  get sentCount(): number {
    return this.#writer.count;
  }

  /** True once there was a connection for the call: what it was given may have left. */
  get isStarted(): boolean {
    return this.#stream !== undefined;
  }

  /** True once the call has its status. */
  get isDone(): boolean {
    return this.#settled;
  }

  /**
   * Sends a message; false when the next one should wait for `ready()`. Once the call is over, messages go nowhere and
   * `ready()` rejects.
   *
   * @throws RpcError `INTERNAL` if the message does not fit its type; the call ends with it.
   */
  send(message: Request): boolean {
    if (this.#sendsNothing) {
      if (!this.#settled) this.#held?.push(message);
      return false;
    }
    try {
      return this.#writer.send(message);
    } catch (error) {
      const status = asRpcError(error);
      this.#abandon(status.code, status.message, status);
      throw error;
    }
  }

  /** As `MessageWriter.encodedOutput`; undefined as well while messages go nowhere. */
  get encodedOutput(): ByteBuffer | undefined {
    return this.#sendsNothing ? undefined : this.#writer.encodedOutput;
  }

  /** As `MessageWriter.sentEncoded()`. */
  sentEncoded(count: number): boolean {
    return this.#writer.sentEncoded(count);
  }

  /** Settles when there is room for the next message; rejects with the status if the call ends first. */
  ready(): Promise<void> {
    return this.#writer.ready();
  }

  /** No more messages follow. */
  end(): void {
    this.#sendEnded = true;
    this.#stream?.end();
  }

  /** Ends the call with CANCELLED; the server is told. */
  cancel(message = "The call was cancelled"): void {
    this.#abandon(Status.CANCELLED, message);
  }

  #watch(options: CallOptions): void {
    const { timeoutMs, signal } = options;
    if (timeoutMs !== undefined && timeoutMs <= MAX_TIMER_MS) {
      const expire = () => {
        const message = `Deadline of ${describeTimeout(timeoutMs)} exceeded`;
        this.#abandon(Status.DEADLINE_EXCEEDED, message);
      };
      this.#deadlineTimer = setTimeout(expire, Math.max(0, timeoutMs));
    }
    if (signal?.aborted) queueMicrotask(this.#onAbort);
    else signal?.addEventListener("abort", this.#onAbort);
  }

  /** Runs the interceptors, which let the call start; as a rule at once. */
  #intercept(method: MethodDefinition, interceptors: readonly ClientInterceptor[]): void {
    const metadata = this.#metadata = this.#metadata?.clone() ?? new Metadata();
    this.#held = [];
    this.#sendsNothing = true;
    this.#writer.hold();
    interceptCall(this, interceptors, {
      method,
      metadata,
      begin: (requests, responses) => this.#beginHooked(requests, responses),
      refuse: (error) => this.#abandon(error.code, error.message, error),
    });
  }

  #beginHooked(requests: readonly MessageHook[], responses: readonly MessageHook[]): void {
    if (this.#settled) return;
    this.#writer.addHooks(requests);
    this.responses.addHooks(responses);
    const held = this.#held ?? [];
    this.#held = undefined;
    this.#sendsNothing = false;
    try {
      for (const message of held) this.send(message);
    } catch {
      // The call has ended with it.
    }
    if (!this.#settled) this.#begin();
  }

  #begin(): void {
    const connection = this.#host.readyConnection();
    if (connection === undefined) this.#start();
    else this.#open(connection);
  }

  /** Gets a connection and opens the stream on it, with all that was written so far. */
  async #start(): Promise<void> {
    try {
      const { waitForReady = false } = this.#options;
      this.#waiting = new AbortController();
      const { signal } = this.#waiting;
      let connection: Http2Connection;
      do {
        connection = await this.#host.connection({ waitForReady, signal });
        if (this.#settled) return;
        // Another call may have taken the last stream meanwhile.
      } while (!connection.canOpen);
      this.#waiting = undefined;
      this.#open(connection);
    } catch (error) {
      if (error instanceof RpcError) this.#settle(error);
      else this.#settle({ code: Status.UNAVAILABLE, message: describeError(error) });
    }
  }

  #open(connection: Http2Connection): void {
    const head = this.#requestHead();
    const octets = headerListOctets(head);
    const { maxHeaderListOctets } = connection.sender.peer;
    if (octets > maxHeaderListOctets) {
      const message =
        `Cannot send metadata: the head has ${octets} octets, the server takes ${maxHeaderListOctets}`;
      return this.#settle({ code: Status.RESOURCE_EXHAUSTED, message });
    }
    const stream = connection.open(head, this);
    this.#stream = stream;
    this.#writer.target = this.#outbox.moveTo(stream, () => this.#commit());
    if (this.#sendEnded) stream.end();
    else if (stream.flush()) this.#writer.writable();
  }

  /** The server has seen the call: it is not started again. */
  #commit(): void {
    this.#outbox.drop();
    if (this.#stream !== undefined) this.#writer.target = this.#stream;
  }

  #requestHead(): HeaderField[] {
    const { authority, scheme, userAgent } = this.#host;
    return requestFields({
      path: this.path,
      authority,
      scheme,
      userAgent,
      timeoutMs: this.#deadlineMs - performance.now(),
      encoding: this.#writer.codec?.name,
      metadata: this.#metadata,
    });
  }

  /** Ends the call from our side. */
  #abandon(
    code: number,
    message: string,
    more: { readonly details?: Uint8Array | undefined } = {},
  ): void {
    if (this.#settled) return;
    const { details } = more;
    this.responses.fail(new RpcError(code, message, { details }));
    this.#settle({ code, message, details });
  }

  /** The one place where a call ends. */
  #settle(
    end: { readonly code: number; readonly message: string } & Partial<CallStatus>,
  ): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#sendsNothing = true;
    clearTimeout(this.#deadlineTimer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#outbox.drop();
    const { code, message, details, trailers = new Metadata() } = end;
    const error = code === Status.OK
      ? undefined
      : new RpcError(code, message, { details, metadata: trailers });
    this.responses.end(error);
    this.#writer.fail(error ?? ENDED);
    this.#waiting?.abort(error ?? ENDED);
    this.#resolveHeaders(new Metadata());
    this.#resolveStatus({ code, message, details, trailers });
    if (this.#stream !== undefined && !this.#stream.isClosed) {
      // Told the server that we are done: NO_ERROR after its trailers, CANCEL before (PROTOCOL-HTTP2).
      const ended = this.#stream.state.kind === "half_closed_remote";
      this.#stream.reset(ended ? ErrorCode.NO_ERROR : ErrorCode.CANCEL);
    }
  }

  // What the stream tells.

  head(head: ResponseHead, endStream: boolean): void {
    this.#commit();
    this.#headReceived = head;
    if (endStream) return this.trailers(head.fields);
    const contentType = findField(head.fields, "content-type");
    if (head.status !== 200 || !isGrpcContentType(contentType)) {
      return this.#settle(statusOfResponse(head, undefined));
    }
    const encoding = findField(head.fields, "grpc-encoding") ?? "identity";
    if (!isKnownEncoding(encoding)) {
      const message = `The server answers with grpc-encoding "${encoding}", which is not known`;
      return this.#settle({ code: Status.INTERNAL, message });
    }
    this.responses.codec = loadCodec(encoding);
    try {
      this.#resolveHeaders(readMetadata(head.fields));
    } catch (error) {
      this.#settle({ code: Status.INTERNAL, message: describeError(error) });
    }
  }

  data(chunk: Uint8Array, endStream: boolean): void {
    this.responses.push(chunk);
    if (endStream) {
      this.#settle({ code: Status.INTERNAL, message: "The server sent no status" });
    }
  }

  trailers(fields: readonly HeaderField[]): void {
    if (this.#headReceived === undefined) return;
    this.#settle(statusOfResponse(this.#headReceived, fields));
  }

  writable(): void {
    this.#writer.writable();
  }

  closed(cause: CloseCause): void {
    if (this.#settled || this.#retry(cause)) return;
    const late = this.#deadlineMs <= performance.now();
    this.#settle(statusOfClose(cause, { deadlineExceeded: late }));
  }

  /** Starts over if the server did not process the call; false if it may have, or too much was sent to repeat it. */
  #retry(cause: CloseCause): boolean {
    const unprocessed = cause.kind === "unprocessed" ||
      (cause.kind === "reset" && cause.origin === "remote" &&
        cause.code === ErrorCode.REFUSED_STREAM);
    if (!unprocessed || !this.#outbox.isComplete || this.#retried) return false;
    this.#retried = true;
    this.#stream = undefined;
    this.#writer.target = this.#outbox.waiting();
    this.#start();
    return true;
  }
}
