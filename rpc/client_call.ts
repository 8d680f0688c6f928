import { ACCEPTED_ENCODINGS, isKnownEncoding, loadCodec } from "./compression.ts";
import {
  ByteBuffer,
  type CloseCause,
  ErrorCode,
  type HeaderField,
  type Http2Connection,
  type Http2Stream,
  type ResponseHead,
  type StreamListener,
} from "./http2/mod.ts";
import { MessageReader } from "./message_reader.ts";
import { MessageWriter } from "./message_writer.ts";
import { Metadata } from "./metadata.ts";
import { describeError, statusOfClose, statusOfResponse } from "./response_status.ts";
import type { MethodDefinition } from "./service_definition.ts";
import { RpcError, Status } from "./status.ts";
import { encodeTimeout } from "./timeout.ts";
import { findField, isGrpcContentType, readMetadata, writeMetadata } from "./wire_metadata.ts";

/** Options of one call. */
export interface CallOptions {
  readonly metadata?: Metadata | undefined;
  /** Time for the whole call, in ms. Default: no end. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Wait for a connection as long as the deadline allows, instead of failing when it cannot be had. */
  readonly waitForReady?: boolean | undefined;
  /** How messages are compressed. Default `identity`. */
  readonly compression?: "identity" | "gzip" | undefined;
}

/** How a call ended. */
export interface CallStatus {
  readonly code: number;
  readonly message: string;
  /** A serialized `google.rpc.Status`, if the server sent one. */
  readonly details?: Uint8Array | undefined;
  readonly trailers: Metadata;
}

/** What a call needs of its channel. */
export interface ClientCallHost {
  readonly authority: string;
  readonly scheme: string;
  readonly userAgent: string;
  readonly maxMessageOctets: number;
  /** A connection that has room for a stream now. */
  readyConnection(): Http2Connection | undefined;
  /** Waits for such a connection. @throws RpcError `UNAVAILABLE`, or the signal's reason. */
  connection(options: {
    readonly waitForReady: boolean;
    readonly signal: AbortSignal;
  }): Promise<Http2Connection>;
}

/** Octets sent that are kept for a transparent retry; above it, or after an answer, the call is committed. */
const KEPT_OCTETS = 262_144;
/** Octets written before the stream is open, above which the writer waits. */
const OUTBOX_OCTETS = 65_536;
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
  /** The end of the call. Never rejects. */
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
  /** What was written so far, until the call is committed: the outbox of a stream that is to be opened. */
  #kept: ByteBuffer | undefined = new ByteBuffer();
  #sendEnded = false;
  #retried = false;
  #headReceived: ResponseHead | undefined;
  #settled = false;

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
        deserialize: (bytes) => definition.responseDeserialize(bytes),
        maxMessageOctets: host.maxMessageOctets,
        onFailure: (error) => this.#settle(asRpcError(error)),
      },
    );
    this.#writer = new MessageWriter<Request>(
      this.#outbox(),
      (message) => definition.requestSerialize(message),
    );
    this.#deadlineMs = performance.now() + (options.timeoutMs ?? Infinity);
    this.#watch(options);
    const { compression = "identity" } = options;
    const connection = compression === "identity" ? host.readyConnection() : undefined;
    if (connection === undefined) this.#start();
    else this.#open(connection);
  }

  /** Messages written so far. */
  get sentCount(): number {
    return this.#writer.count;
  }

  /** True once the call has its status. */
  get isDone(): boolean {
    return this.#settled;
  }

  /**
   * Sends a message; false when the next one should wait for `ready()`. Once the call is over, messages go nowhere.
   *
   * @throws RpcError `INTERNAL` if the message does not fit its type; the call is cancelled then.
   */
  send(message: Request): boolean {
    if (this.#settled) return true;
    try {
      return this.#writer.send(message);
    } catch (error) {
      this.cancel();
      throw error;
    }
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
      const expire = () =>
        this.#abandon(Status.DEADLINE_EXCEEDED, `Deadline of ${timeoutMs} ms exceeded`);
      this.#deadlineTimer = setTimeout(expire, Math.max(0, timeoutMs));
    }
    if (signal?.aborted) queueMicrotask(this.#onAbort);
    else signal?.addEventListener("abort", this.#onAbort);
  }

  /** Gets a connection and opens the stream on it, with all that was written so far. */
  async #start(): Promise<void> {
    try {
      const { compression = "identity", waitForReady = false } = this.#options;
      if (compression !== "identity") this.#writer.codec = await loadCodec(compression);
      this.#waiting = new AbortController();
      const { signal } = this.#waiting;
      const connection = await this.#host.connection({ waitForReady, signal });
      if (this.#settled) return;
      this.#open(connection);
    } catch (error) {
      if (error instanceof RpcError) this.#settle(error);
      else this.#settle({ code: Status.UNAVAILABLE, message: describeError(error) });
    }
  }

  #open(connection: Http2Connection): void {
    const stream = connection.open(this.#requestHead(), this);
    this.#stream = stream;
    if (this.#kept !== undefined) stream.output.append(this.#kept.view());
    this.#writer.target = this.#keepingTarget(stream);
    if (this.#sendEnded) stream.end();
    else if (stream.flush()) this.#writer.writable();
  }

  /** Before the stream is open. */
  #outbox() {
    const output = this.#kept ?? new ByteBuffer();
    return { output, flush: () => output.length < OUTBOX_OCTETS };
  }

  /** While the call may have to be started again, what goes to the stream is kept as well. */
  #keepingTarget(stream: Http2Stream) {
    let keptFrom = stream.output.length;
    return {
      output: stream.output,
      flush: () => {
        if (this.#kept === undefined) {
          this.#writer.target = stream;
        } else {
          this.#kept.append(stream.output.bytes.subarray(keptFrom, stream.output.length));
          if (this.#kept.length > KEPT_OCTETS) this.#commit();
        }
        keptFrom = stream.output.length;
        return stream.flush();
      },
    };
  }

  #commit(): void {
    this.#kept = undefined;
    if (this.#stream !== undefined) this.#writer.target = this.#stream;
  }

  #requestHead(): HeaderField[] {
    const { authority, scheme, userAgent } = this.#host;
    const fields: HeaderField[] = [
      { name: ":method", value: "POST" },
      { name: ":scheme", value: scheme },
      { name: ":path", value: this.path },
      { name: ":authority", value: authority },
      { name: "te", value: "trailers" },
      { name: "content-type", value: "application/grpc" },
      { name: "user-agent", value: userAgent },
      { name: "grpc-accept-encoding", value: ACCEPTED_ENCODINGS },
    ];
    if (this.#deadlineMs !== Infinity) {
      const value = encodeTimeout(this.#deadlineMs - performance.now());
      fields.push({ name: "grpc-timeout", value });
    }
    if (this.#writer.codec !== undefined) {
      fields.push({ name: "grpc-encoding", value: this.#writer.codec.name });
    }
    if (this.#options.metadata !== undefined) writeMetadata(this.#options.metadata, fields);
    return fields;
  }

  /** Ends the call from our side. */
  #abandon(code: number, message: string): void {
    if (this.#settled) return;
    this.responses.fail(new RpcError(code, message));
    this.#settle({ code, message });
  }

  /** The one place where a call ends. */
  #settle(
    end: { readonly code: number; readonly message: string } & Partial<CallStatus>,
  ): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#deadlineTimer);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    this.#kept = undefined;
    const { code, message, details, trailers = new Metadata() } = end;
    const error = code === Status.OK
      ? undefined
      : new RpcError(code, message, { details, metadata: trailers });
    this.responses.end(error);
    this.#writer.fail(error ?? new RpcError(code, "The server ended the call"));
    this.#waiting?.abort(error);
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
    if (encoding !== "identity") this.responses.codec = loadCodec(encoding);
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
    if (!unprocessed || this.#kept === undefined || this.#retried) return false;
    this.#retried = true;
    this.#stream = undefined;
    this.#writer.target = this.#outbox();
    this.#start();
    return true;
  }
}

function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(Status.INTERNAL, describeError(error), { cause: error });
}
