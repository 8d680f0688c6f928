import { type Clock, SYSTEM_CLOCK } from "./clock.ts";
import type { ConnectionEvents, ConnectionOptions } from "./connection_options.ts";
import { ErrorCode, FrameType, MAX_31_BIT } from "./constants.ts";
import { FrameDecoder } from "./frame_decoder.ts";
import { encodePing } from "./frame_encoder.ts";
import type { HeaderField } from "./header_field.ts";
import { connectionError, Http2Error } from "./http2_error.ts";
import { type Http2Limits, resolveLimits } from "./limits.ts";
import { PeerConduct } from "./peer_conduct.ts";
import { asHttp2Error, type ConnectionState, Lifecycle } from "./lifecycle.ts";
import { encodePreface, HTTP1_ANSWER, isHttp1Request } from "./preface.ts";
import { READ_BUFFERS } from "./read_buffers.ts";
import { Receiver } from "./receiver.ts";
import { Sender } from "./sender.ts";
import type { Socket } from "./socket.ts";
import type { Http2Stream, StreamListener } from "./stream.ts";
import { StreamKeeper } from "./stream_keeper.ts";
import type { StreamTable } from "./stream_table.ts";
import { Watchdog, type WatchedConnection } from "./watchdog.ts";

/** What a connection reads into while it has little to read: ten thousand silent ones are to stay small. */
const SMALL_READ_OCTETS = 4096;
/**
 * Requests that are taken from one read before other connections have their turn. Each may start a handler, so
 * that a read full of them would hold everyone up (Envoy's `http.max_requests_per_io_cycle` is there for the same).
 */
const HEADS_PER_TURN = 32;

/**
 * One HTTP/2 connection, as server or client, on any `Socket` (RFC 9113).
 *
 * It reads, and hands frames to the `Receiver`; the `Sender` alone writes; the `StreamKeeper` opens and closes the
 * streams. `run()` drives it to its end.
 */
export class Http2Connection implements WatchedConnection {
  readonly role: "server" | "client";
  readonly limits: Http2Limits;
  readonly streams: StreamTable;
  readonly sender: Sender;
  /** Clock time of the last octet received. */
  lastReadMs: number;
  /** Clock time since which the peer owes us the rest of a frame; undefined between frames. */
  frameSinceMs: number | undefined;

  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #clock: Clock;
  readonly #conduct: PeerConduct;
  readonly #frames: FrameDecoder;
  readonly #receiver: Receiver;
  readonly #keeper: StreamKeeper;
  readonly #lifecycle: Lifecycle;
  #ready = false;
  readonly #pings = new Map<number, () => void>();
  #pingCount = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    const { role, events, clock = SYSTEM_CLOCK } = options;
    const limits = resolveLimits(options.limits);
    const now = () => clock.now();
    this.role = role;
    this.limits = limits;
    this.lastReadMs = now();
    this.#socket = socket;
    this.#events = events;
    this.#clock = clock;
    const conduct = new PeerConduct(limits, now);
    this.#conduct = conduct;
    const sender = new Sender(socket, {
      conduct,
      clock,
      limits,
      events: {
        ended: (stream) => this.#keeper.localEnded(stream),
        broken: (error) => this.#lifecycle.broken(error),
      },
    });
    this.sender = sender;
    const keeper = new StreamKeeper({
      role,
      limits,
      conduct,
      sender,
      request: (stream, head, endStream) => events.request?.(stream, head, endStream),
      streamClosed: () => this.#lifecycle.streamClosed(),
      guard: (call) => this.#lifecycle.guard(call),
    });
    this.#keeper = keeper;
    this.streams = keeper.table;
    const { maxFrameOctets } = limits;
    this.#frames = new FrameDecoder({ maxFrameOctets, expectPreface: role === "server" });
    this.#receiver = new Receiver({
      role,
      limits,
      conduct,
      sender,
      keeper,
      settingsReceived: () => this.#onSettings(),
      pingReceived: (payload, ack) => this.#onPing(payload, ack),
      goAwayReceived: (lastStreamId, code, debug) =>
        this.#lifecycle.goAwayReceived(lastStreamId, code, debug),
    }, this.#frames);
    const { keepAlive, maxIdleMs, maxAgeMs, maxAgeGraceMs } = options;
    this.#lifecycle = new Lifecycle({
      role,
      socket,
      events,
      conduct,
      sender,
      keeper,
      watchdog: new Watchdog(this, { clock, keepAlive, maxIdleMs, maxAgeMs, maxAgeGraceMs }),
      now,
      isReady: () => this.#ready,
      ping: (onAck) => this.ping(onAck),
    });
  }

  /** The other end, for logs. */
  get peer(): string {
    return this.#socket.peer;
  }

  get state(): ConnectionState["kind"] {
    return this.#lifecycle.state;
  }

  /** True once the peer's SETTINGS arrived. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** True while an incomplete header block is owed to us. */
  get inHeaderBlock(): boolean {
    return this.#receiver.inHeaderBlock;
  }

  /** True if a client may open a stream now. */
  get canOpen(): boolean {
    return this.state === "open" && this.#ready &&
      this.streams.size < this.sender.peer.maxConcurrentStreams;
  }

  /** Opens the conversation and reads until it ends. Never rejects: `events.closed` tells the cause. */
  async run(): Promise<void> {
    this.sender.begin((out) => encodePreface(out, this));
    // A server lets the client speak first: one that speaks HTTP/1 is to get an answer that it can read.
    if (this.role === "client") this.sender.greet();
    let error: Http2Error | undefined;
    try {
      await this.#readAll();
    } catch (cause) {
      error = new Http2Error(`The connection to ${this.peer} broke`, {
        code: ErrorCode.CONNECT_ERROR,
        scope: "connection",
        origin: "remote",
        cause,
      });
    }
    this.#lifecycle.finish(error);
  }

  async #readAll(): Promise<void> {
    const own = new Uint8Array(SMALL_READ_OCTETS);
    let lent: Uint8Array<ArrayBuffer> | undefined;
    try {
      for (;;) {
        const buffer = lent ?? own;
        const count = await this.#socket.read(buffer);
        if (count === null) return;
        this.lastReadMs = this.#clock.now();
        if (!this.sender.hasGreeted) this.#greet(buffer.subarray(0, count));
        if (this.#lifecycle.takesFrames) await this.#process(buffer.subarray(0, count));
        // Full: more is there. Else the next read may wait for long.
        if (count === buffer.length) lent ??= READ_BUFFERS.take();
        else if (lent !== undefined && READ_BUFFERS.isShort) lent = READ_BUFFERS.giveBack(lent);
      }
    } finally {
      if (lent !== undefined) READ_BUFFERS.giveBack(lent);
    }
  }

  /** Acts on every whole frame; waits in between while the peer causes more replies than it reads. */
  async #process(chunk: Uint8Array): Promise<void> {
    const { frameSinceMs } = this;
    // While we do not read, the peer owes us nothing.
    this.frameSinceMs = undefined;
    let whole = 0;
    let heads = 0;
    try {
      this.#frames.push(chunk);
      while (this.#lifecycle.takesFrames && this.#frames.next()) {
        whole++;
        this.#receiver.frame();
        if (this.sender.queuedReplies >= this.limits.maxQueuedReplies) await this.sender.drained();
        if (this.#isRequest && ++heads % HEADS_PER_TURN === 0) await this.#clock.turn();
      }
      if (!this.#frames.atBoundary) {
        this.frameSinceMs = whole === 0 ? frameSinceMs ?? this.lastReadMs : this.#clock.now();
      }
    } catch (error) {
      this.fail(asHttp2Error(error));
    }
  }

  /** True if the current frame may have started a handler. */
  get #isRequest(): boolean {
    return this.#frames.type === FrameType.HEADERS && this.role === "server";
  }

  #greet(beginning: Uint8Array): void {
    if (!isHttp1Request(beginning)) return this.sender.greet();
    this.sender.begin((out) => out.append(HTTP1_ANSWER));
    this.#lifecycle.refuse(
      connectionError(
        ErrorCode.PROTOCOL_ERROR,
        "Cannot read the HTTP/2 preface: the peer speaks HTTP/1.1",
      ),
    );
  }

  // What a client does.

  /**
   * Opens a stream and sends its head; ask `canOpen` first.
   *
   * @throws Http2Error `REFUSED_STREAM` if the connection takes no new streams any more.
   */
  open(
    fields: readonly HeaderField[],
    listener: StreamListener,
    options?: { readonly endStream: boolean },
  ): Http2Stream {
    if (this.state !== "open") {
      throw new Http2Error(
        `Cannot open a stream to ${this.peer}: the connection is ${this.state}`,
        { code: ErrorCode.REFUSED_STREAM, scope: "stream" },
      );
    }
    const stream = this.#keeper.open(fields, listener, options);
    // The ids are used up: what follows needs another connection.
    if (this.streams.nextLocalId > MAX_31_BIT) this.shutdown();
    return stream;
  }

  /** Sends a PING and calls back when it is answered. */
  ping(onAck: () => void): void {
    const number = ++this.#pingCount >>> 0;
    this.#pings.set(number, onAck);
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setUint32(4, number);
    this.sender.control((out) => encodePing(out, payload, { ack: false }));
  }

  // How it ends.

  /**
   * Ends in order: no new streams, the open ones finish. A server announces it with GOAWAY, waits a round trip for
   * what is under way, then names the last stream that it takes (RFC 9113 section 6.8). `reason` is for the peer's log.
   */
  shutdown(reason = ""): void {
    this.#lifecycle.shutdown(reason);
  }

  /** Ends at once: streams are cut off. */
  close(): void {
    this.abort(connectionError(ErrorCode.NO_ERROR, "The connection was closed"));
  }

  /** Ends with GOAWAY for a fault. */
  fail(error: Http2Error): void {
    this.#lifecycle.fail(error);
  }

  /** Closes without a word: the peer does not take any. */
  abort(error: Http2Error): void {
    this.#lifecycle.abort(error);
  }

  // What the receiver tells.

  #onSettings(): void {
    if (!this.#ready) {
      this.#ready = true;
      this.#events.ready?.();
    }
    this.#events.capacity?.();
  }

  #onPing(payload: Uint8Array, ack: boolean): void {
    if (!ack) {
      this.#conduct.ping(this.streams.size);
      this.sender.reply((out) => encodePing(out, payload, { ack: true }));
      return;
    }
    const number = new DataView(payload.buffer, payload.byteOffset).getUint32(4);
    const onAck = this.#pings.get(number);
    if (onAck === undefined) return this.#conduct.oddFrame();
    this.#pings.delete(number);
    onAck();
  }
}
