import type { HeaderField } from "./header_field.ts";
import type { ResponseHead } from "./message_head.ts";
import { ReceiveWindow } from "./receive_window.ts";
import { SendBuffer } from "./send_buffer.ts";
import { afterEnd, type CloseCause, OPEN, type StreamState } from "./stream_state.ts";

/** Who is told what happens on a stream. Called while frames are read or written: must not block or throw. */
export interface StreamListener {
  /** The head of the response; only on a client's stream. */
  head(head: ResponseHead, endStream: boolean): void;
  /** The trailers, and with them the end of the peer's side. */
  trailers(fields: readonly HeaderField[]): void;
  /** A piece of the body; `chunk` is valid only during the call. Every octet is to be `release()`d in time. */
  data(chunk: Uint8Array, endStream: boolean): void;
  /** The output fell below the limit again after it had been full. */
  writable(): void;
  /** The end, told once, whatever the cause. */
  closed(cause: CloseCause): void;
}

/** What a stream asks of its connection. */
export interface StreamHost {
  /** Octets that the peer takes in one header list. */
  readonly peerMaxHeaderListOctets: number;
  sendHeaders(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void;
  /** The stream has something to send. */
  schedule(stream: Http2Stream): void;
  /** Counts the output; true if the writer should wait. */
  isFull(stream: Http2Stream): boolean;
  resetStream(stream: Http2Stream, code: number): void;
  releaseWindow(stream: Http2Stream, octets: number, drained: boolean): void;
}

/** One stream of a connection: its state, windows and unsent output. */
export class Http2Stream {
  readonly id: number;
  /** Unsent body. Append to it, then call `flush()`. */
  readonly output = new SendBuffer();
  readonly receiveWindow: ReceiveWindow;
  state: StreamState = OPEN;
  listener: StreamListener = SILENT_LISTENER;
  /** What the peer lets us send; negative after it shrank its initial window. */
  sendWindowOctets: number;
  /** Octets of the output that stand in the connection's count. */
  countedOctets = 0;
  /** Octets that the request's header list counts for while the stream is open. */
  headerOctets = 0;
  /** Trailers that follow the output; set by `end()`. */
  trailers: readonly HeaderField[] | undefined;
  /** True once `end()` was called: END_STREAM follows the output. */
  endQueued = false;
  /** True while the sender holds it in its queue. */
  queued = false;
  /** True while the writer was told that the output is full. */
  full = false;
  /** Clock time since which it has had output but no window; undefined while it moves. */
  stalledSinceMs: number | undefined;
  /** A server's stream that ends before the peer's side is reset with NO_ERROR (RFC 9113 section 8.1). */
  readonly resetAfterEnd: boolean;
  /** Octets of `content-length` that are still to come; undefined where it was not given. */
  bodyLeft: number | undefined;
  /** True once a response head with a final status has arrived (client). */
  headReceived = false;

  readonly #host: StreamHost;

  constructor(
    id: number,
    host: StreamHost,
    options: {
      readonly sendWindowOctets: number;
      readonly receiveWindowOctets: number;
      readonly resetAfterEnd: boolean;
    },
  ) {
    this.id = id;
    this.#host = host;
    this.sendWindowOctets = options.sendWindowOctets;
    this.receiveWindow = new ReceiveWindow(options.receiveWindowOctets);
    this.resetAfterEnd = options.resetAfterEnd;
  }

  get isClosed(): boolean {
    return this.state.kind === "closed";
  }

  /** Octets that the peer takes in one header list. */
  get peerMaxHeaderListOctets(): number {
    return this.#host.peerMaxHeaderListOctets;
  }

  /** Sends the head at once; with `endStream` nothing follows it. */
  sendHeaders(fields: readonly HeaderField[], options?: { readonly endStream: boolean }): void {
    if (this.isClosed) return;
    this.#host.sendHeaders(this, fields, options?.endStream ?? false);
  }

  /** Sends what was appended to `output`; false when the writer should wait for `listener.writable()`. */
  flush(): boolean {
    if (this.isClosed) return true;
    this.#host.schedule(this);
    this.full = this.#host.isFull(this);
    return !this.full;
  }

  /** Ends our side once the output has left, with trailers if there are any. */
  end(trailers?: readonly HeaderField[]): void {
    if (this.isClosed || this.endQueued) return;
    this.trailers = trailers;
    this.endQueued = true;
    this.#host.schedule(this);
  }

  /** Ends both sides with RST_STREAM; unsent output is dropped. */
  reset(code: number): void {
    if (!this.isClosed) this.#host.resetStream(this, code);
  }

  /** Gives `octets` of body back to the peer's window. `drained` says that nothing is left to read. */
  release(octets: number, options: { readonly drained: boolean }): void {
    if (octets > 0) this.#host.releaseWindow(this, octets, options.drained);
  }

  /** Notes END_STREAM of one side. */
  markEnd(side: "local" | "remote"): void {
    this.state = afterEnd(this.state, side);
  }
}

const SILENT_LISTENER: StreamListener = {
  head() {},
  trailers() {},
  data() {},
  writable() {},
  closed() {},
};
