import { ErrorCode, MAX_31_BIT } from "./constants.ts";
import { encodeReset, encodeWindowUpdate } from "./frame_encoder.ts";
import type { HeaderField } from "./header_field.ts";
import { connectionError, type Http2Error } from "./http2_error.ts";
import type { Http2Limits } from "./limits.ts";
import type { RequestHead } from "./message_head.ts";
import type { PeerConduct } from "./peer_conduct.ts";
import type { Sender } from "./sender.ts";
import { Http2Stream, type StreamHost, type StreamListener } from "./stream.ts";
import { type CloseCause, judgeFrame, type ReceivedFrame } from "./stream_state.ts";
import { StreamTable } from "./stream_table.ts";

/** What the streams need of their connection. */
export interface StreamKeeperHost {
  readonly role: "server" | "client";
  readonly limits: Http2Limits;
  readonly conduct: PeerConduct;
  readonly sender: Sender;
  /** A request: who listens to its stream, or undefined to refuse it. */
  request(stream: Http2Stream, head: RequestHead, endStream: boolean): StreamListener | undefined;
  /** A stream ended. */
  streamClosed(): void;
  /** Calls a listener outside of what received frames cause; must not throw. */
  guard(call: () => void): void;
}

/** Opens, refuses, credits and closes the streams of one connection. */
export class StreamKeeper implements StreamHost {
  readonly table: StreamTable;

  readonly #host: StreamKeeperHost;
  /** How much more stream windows may grow, in octets. */
  #growthLeft: number;
  /** Octets of the header lists of the open streams. */
  #headerOctets = 0;
  /** The last stream of the peer's that is taken; set once it has been named in GOAWAY. */
  #lastTakenId = MAX_31_BIT;

  constructor(host: StreamKeeperHost) {
    this.#host = host;
    this.table = new StreamTable(host.role);
    this.#growthLeft = host.limits.windowGrowthOctets;
  }

  get peerMaxHeaderListOctets(): number {
    return this.#host.sender.peer.maxHeaderListOctets;
  }

  /** The last stream of the peer's that was or will be processed: what a GOAWAY says. Never rises once named. */
  get lastTakenId(): number {
    return Math.min(this.#lastTakenId, this.table.lastPeerId);
  }

  /** True once `takeNoMore()` was called. */
  get takesNoMore(): boolean {
    return this.#lastTakenId !== MAX_31_BIT;
  }

  /** From now on, streams above the last one are dropped: the peer is told that they are not processed. */
  takeNoMore(): void {
    this.#lastTakenId = this.lastTakenId;
  }

  /** Opens a stream of ours and sends its head. */
  open(
    fields: readonly HeaderField[],
    listener: StreamListener,
    options?: { readonly endStream: boolean },
  ): Http2Stream {
    const stream = this.#create(this.table.nextLocalId);
    stream.listener = listener;
    stream.sendHeaders(fields, options);
    return stream;
  }

  #create(streamId: number): Http2Stream {
    const { sender, limits, role, conduct } = this.#host;
    const stream = new Http2Stream(streamId, this, {
      sendWindowOctets: sender.peer.initialWindowOctets,
      receiveWindowOctets: limits.initialWindowOctets,
      resetAfterEnd: role === "server",
    });
    this.table.add(stream);
    conduct.streamsOpened++;
    return stream;
  }

  /** Closes a stream, once, and tells its listener. */
  close(stream: Http2Stream, cause: CloseCause): void {
    if (this.table.get(stream.id) !== stream) return;
    stream.state = { kind: "closed", cause };
    this.table.end(stream, cause);
    this.#host.sender.drop(stream);
    this.#growthLeft += stream.receiveWindow.sizeOctets - this.#host.limits.initialWindowOctets;
    this.#headerOctets -= stream.headerOctets;
    this.#host.guard(() => stream.listener.closed(cause));
    this.#host.streamClosed();
  }

  /** The connection ends under all streams. */
  closeAll(error: Http2Error): void {
    for (const stream of this.table.values()) this.close(stream, { kind: "connection", error });
  }

  /** The peer's GOAWAY says that it never processed what is above `lastStreamId`. */
  leaveOut(lastStreamId: number): void {
    for (const stream of this.table.values()) {
      if (stream.id > lastStreamId) this.close(stream, { kind: "unprocessed" });
    }
  }

  // What a stream asks for.

  sendHeaders(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    this.#host.sender.headers(stream, fields, endStream);
  }

  schedule(stream: Http2Stream): void {
    this.#host.sender.schedule(stream);
  }

  isFull(stream: Http2Stream): boolean {
    return this.#host.sender.isFull(stream);
  }

  resetStream(stream: Http2Stream, code: number): void {
    this.#host.sender.reply((out) => encodeReset(out, stream.id, code));
    this.close(stream, { kind: "reset", origin: "local", code });
  }

  /** Gives window back to the peer; a stream whose reader keeps up gets a larger one. */
  releaseWindow(stream: Http2Stream, octets: number, drained: boolean): void {
    if (stream.isClosed || stream.state.kind === "half_closed_remote") return;
    const window = stream.receiveWindow;
    let increment = window.release(octets);
    if (drained && window.drained()) increment += this.#growWindow(stream);
    if (increment > 0) {
      this.#host.sender.control((out) => encodeWindowUpdate(out, stream.id, increment));
    }
  }

  /** Doubles a stream's window as far as the limits allow; returns what is to be announced for it. */
  #growWindow(stream: Http2Stream): number {
    const window = stream.receiveWindow;
    const growth = Math.min(
      window.sizeOctets,
      this.#host.limits.maxWindowOctets - window.sizeOctets,
      this.#growthLeft,
    );
    if (growth <= 0) return 0;
    this.#growthLeft -= growth;
    window.grow(growth);
    return window.flush();
  }

  // What the receiver asks for.

  /**
   * The open stream that a received frame is for; undefined if the frame opens one or is to be dropped.
   *
   * @throws Http2Error of scope `connection` if the frame may not come in the stream's state.
   */
  admit(streamId: number, frame: ReceivedFrame): Http2Stream | undefined {
    const { role, conduct } = this.#host;
    const stream = this.table.get(streamId);
    const state = stream?.state ?? this.table.state(streamId);
    if (state === undefined) {
      // Ended longer ago than we remember, or skipped. A client never opens an id below one it has used.
      if (frame === "HEADERS" && role === "server") {
        throw wrongFrame("PROTOCOL_ERROR", frame, `${streamId}: it is in the past`);
      }
      if (frame !== "DATA") conduct.oddFrame();
      return undefined;
    }
    if (state.kind === "idle" && role === "client") {
      throw wrongFrame("PROTOCOL_ERROR", frame, `${streamId}: we have not opened it`);
    }
    const verdict = judgeFrame(state, frame);
    switch (verdict) {
      case "accept":
        return stream;
      case "ignore":
        if (frame === "HEADERS") conduct.oddFrame();
        // One may cross the end of the stream; WINDOW_UPDATEs have a count of their own.
        if (frame === "RST_STREAM" && !this.table.takeLateReset(streamId)) conduct.oddFrame();
        return undefined;
      case "PROTOCOL_ERROR":
      case "STREAM_CLOSED":
        throw wrongFrame(verdict, frame, `${streamId}: it is ${state.kind.replaceAll("_", " ")}`);
    }
  }

  /** A request (server) whose header list counts for `headerOctets`. May refuse it. */
  accept(
    streamId: number,
    head: RequestHead,
    options: { readonly endStream: boolean; readonly headerOctets: number },
  ): void {
    const { endStream, headerOctets } = options;
    if (this.#dropsLate(streamId)) return;
    const { maxConcurrentStreams, maxOpenHeaderOctets } = this.#host.limits;
    if (
      this.table.size >= maxConcurrentStreams ||
      this.#headerOctets + headerOctets > maxOpenHeaderOctets
    ) {
      return this.fault(streamId, ErrorCode.REFUSED_STREAM);
    }
    if (endStream && head.contentLength !== undefined && head.contentLength > 0) {
      return this.fault(streamId, ErrorCode.PROTOCOL_ERROR);
    }
    const stream = this.#create(streamId);
    stream.headerOctets = headerOctets;
    this.#headerOctets += headerOctets;
    if (endStream) stream.markEnd("remote");
    else stream.bodyLeft = head.contentLength;
    const listener = this.#host.request(stream, head, endStream);
    if (listener === undefined) return stream.reset(ErrorCode.REFUSED_STREAM);
    stream.listener = listener;
    const { state } = stream;
    if (state.kind === "closed") listener.closed(state.cause);
  }

  /** A request whose header list is above the limit (server): answered, so that its sender learns why. */
  refuseLargeHead(streamId: number, endStream: boolean): void {
    if (this.#dropsLate(streamId)) return;
    this.#host.conduct.resetSent();
    const stream = this.#create(streamId);
    if (endStream) stream.markEnd("remote");
    stream.sendHeaders([{ name: ":status", value: "431" }], { endStream: true });
  }

  /** True for a request that was under way when we named the last stream: the peer knows that it is not processed. */
  #dropsLate(streamId: number): boolean {
    if (streamId <= this.#lastTakenId) return false;
    const code = ErrorCode.REFUSED_STREAM;
    this.table.refuse(streamId, { kind: "reset", origin: "local", code });
    return true;
  }

  /** A fault of the peer's that ends one stream. @throws Http2Error when there were too many. */
  fault(streamId: number, code: number): void {
    this.#host.conduct.resetSent();
    const stream = this.table.get(streamId);
    if (stream !== undefined) return stream.reset(code);
    this.table.refuse(streamId, { kind: "reset", origin: "local", code });
    this.#host.sender.reply((out) => encodeReset(out, streamId, code));
  }

  /** The peer's side of a stream has ended, and the listener knows. */
  remoteEnded(stream: Http2Stream): void {
    if (stream.isClosed) this.close(stream, { kind: "finished" });
  }

  /** END_STREAM of ours has been put into the output. */
  localEnded(stream: Http2Stream): void {
    stream.markEnd("local");
    if (stream.isClosed) this.close(stream, { kind: "finished" });
    else if (stream.resetAfterEnd) stream.reset(ErrorCode.NO_ERROR);
  }
}

function wrongFrame(code: "PROTOCOL_ERROR" | "STREAM_CLOSED", frame: string, why: string) {
  return connectionError(ErrorCode[code], `Cannot take ${frame} on stream ${why}`);
}
