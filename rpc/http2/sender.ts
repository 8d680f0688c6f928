import { ByteBuffer } from "./byte_buffer.ts";
import type { Clock } from "./clock.ts";
import { DEFAULT_WINDOW_OCTETS, Flag, FrameType, MAX_31_BIT } from "./constants.ts";
import { encodeFrameHeader, encodeHeaders } from "./frame_encoder.ts";
import type { HeaderField } from "./header_field.ts";
import { HpackEncoder } from "./hpack/mod.ts";
import type { Http2Limits } from "./limits.ts";
import type { PeerConduct } from "./peer_conduct.ts";
import { SendRound } from "./send_round.ts";
import { applySettings, createPeerSettings, type SettingEntry } from "./settings.ts";
import type { Socket } from "./socket.ts";
import type { Http2Stream } from "./stream.ts";

/** Octets gathered before a socket write; one write may exceed it by a frame. */
const WRITE_OCTETS = 131_072;
/** The largest DATA frame we send, so that streams take turns often enough. */
const MAX_DATA_OCTETS = 32_768;
/** Octets in one go that count as progress of a stalled peer; a window opened octet by octet does not (Envoy). */
const PROGRESS_OCTETS = 256;
/**
 * Turns of the microtask queue without new output after which it is written. A handler that answers from memory needs
 * about four turns a message; one that waits for something real is not to hold up what others have written.
 */
const QUIET_TURNS = 8;
/**
 * Turns after which a handler is busy: what is looked at in each of them, while it works on, costs a stream of small
 * messages a quarter of its time. So the event loop's next turn is waited for, which comes when there is no microtask left.
 */
const BUSY_TURNS = 32;
/** Storage that the sender of a silent connection keeps, in octets. */
const KEPT_OCTETS = 256;
/** What is left to a stream, as a share of its limit, while the streams of the connection hold too much together. */
const CROWDED_SHARE = 1 / 8;

const RESOLVED = Promise.resolve();

/** What the sender tells its connection. */
export interface SenderEvents {
  /** END_STREAM of ours has been put into the output. */
  ended(stream: Http2Stream): void;
  /** The socket refused our octets. */
  broken(error: unknown): void;
}

/**
 * The only writer of a connection's socket. It owns the HPACK encoder and the send windows; everyone else queues.
 *
 * Control frames and heads are encoded when they are queued and leave first. DATA is cut when the socket is free, one
 * frame a stream in turn, up to the peer's windows and frame size, and a single write takes it all.
 */
export class Sender {
  /** What the peer announced. */
  readonly peer = createPeerSettings();
  /** What the peer lets the whole connection send. */
  windowOctets = DEFAULT_WINDOW_OCTETS;
  /** Heads and replies to the peer's frames that still wait for the socket. */
  queuedReplies = 0;
  /** Clock time at which the write under way began; undefined between writes. */
  writingSinceMs: number | undefined;
  /** Clock time since which streams wait for the connection's window; undefined while they do not. */
  stalledSinceMs: number | undefined;

  /** What all output begins with, until it is queued. */
  #greeting: ((out: ByteBuffer) => void) | undefined;

  readonly #socket: Socket;
  readonly #conduct: PeerConduct;
  readonly #events: SenderEvents;
  readonly #clock: Clock;
  /** Output at which a stream that was full takes more. */
  readonly #refillOctets: number;
  readonly #streamOctets: number;
  readonly #connectionOctets: number;
  /** Octets of answers that the streams hold unsent. */
  #unsentOctets = 0;
  readonly #hpack = new HpackEncoder();
  readonly #control = new ByteBuffer(0);
  readonly #out = new ByteBuffer(0);
  readonly #round = new SendRound();
  #scheduled = false;
  #closed = false;
  /** Grows with every append, so that a quiet turn can be told from a busy one. */
  #progress = 0;
  /** Resolved after the write that takes what is queued now, and after the one under way. */
  #waiters: (() => void)[] = [];
  #writingWaiters: (() => void)[] = [];

  constructor(
    socket: Socket,
    options: {
      readonly conduct: PeerConduct;
      readonly events: SenderEvents;
      readonly clock: Clock;
      readonly limits: Pick<Http2Limits, "sendBufferOctets" | "connectionSendOctets">;
    },
  ) {
    this.#socket = socket;
    this.#conduct = options.conduct;
    this.#events = options.events;
    this.#clock = options.clock;
    const { sendBufferOctets, connectionSendOctets } = options.limits;
    this.#streamOctets = sendBufferOctets;
    this.#connectionOctets = connectionSendOctets;
    this.#refillOctets = sendBufferOctets / 2;
  }

  /** Names what goes out before anything else, with `greet()` or with the first control frame. */
  begin(greeting: (out: ByteBuffer) => void): void {
    this.#greeting = greeting;
  }

  /** True once that is queued. */
  get hasGreeted(): boolean {
    return this.#greeting === undefined;
  }

  greet(): void {
    this.control(() => {});
  }

  /** Queues a control frame. */
  control(encode: (out: ByteBuffer) => void): void {
    if (this.#closed) return;
    this.#greeting?.(this.#control);
    this.#greeting = undefined;
    encode(this.#control);
    this.wake();
  }

  /** Queues a control frame that answers a frame of the peer's, which the peer could cause without end. */
  reply(encode: (out: ByteBuffer) => void): void {
    this.queuedReplies++;
    this.control(encode);
  }

  /** Queues a head, or trailers without body before them. */
  headers(stream: Http2Stream, fields: readonly HeaderField[], endStream: boolean): void {
    if (this.#closed) return;
    this.queuedReplies++;
    this.#encodeHeaders(this.#control, stream, { fields, endStream });
    this.wake();
    if (endStream) this.#events.ended(stream);
  }

  /** Puts a stream with output, or with its end, into the round. */
  schedule(stream: Http2Stream): void {
    if (!stream.queued && this.#canSend(stream)) this.#round.add(stream);
    this.wake();
  }

  /**
   * Counts a stream's output; true if its writer should wait. A peer that takes nothing on any stream holds the
   * connection's limit and a little for each stream; one that takes nothing on one holds that stream's.
   */
  isFull(stream: Http2Stream): boolean {
    const pending = this.#count(stream);
    if (pending >= this.#streamOctets) return true;
    return this.#unsentOctets >= this.#connectionOctets &&
      pending >= this.#streamOctets * CROWDED_SHARE;
  }

  #count(stream: Http2Stream): number {
    const pending = stream.output.pendingOctets;
    this.#unsentOctets += pending - stream.countedOctets;
    stream.countedOctets = pending;
    return pending;
  }

  /** Drops a stream's unsent output. */
  drop(stream: Http2Stream): void {
    stream.output.clear();
    this.#count(stream);
    stream.trailers = undefined;
    stream.endQueued = false;
    this.#round.remove(stream);
    if (!this.#round.hasBlocked) this.stalledSinceMs = undefined;
  }

  /** Takes the peer's settings; false if a stream's window would overflow. */
  applySettings(entries: readonly SettingEntry[], streams: Iterable<Http2Stream>): boolean {
    const before = this.peer.initialWindowOctets;
    applySettings(this.peer, entries);
    this.#hpack.setPeerMaxTableOctets(this.peer.headerTableOctets);
    const difference = this.peer.initialWindowOctets - before;
    if (difference === 0) return true;
    for (const stream of streams) if (!this.openWindow(stream, difference)) return false;
    return true;
  }

  /** Adds to a stream's window, or to the connection's; false if it would exceed 2^31-1. */
  openWindow(stream: Http2Stream | undefined, increment: number): boolean {
    if (stream === undefined) {
      this.windowOctets += increment;
      if (this.windowOctets > MAX_31_BIT) return false;
      if (this.windowOctets >= PROGRESS_OCTETS) this.stalledSinceMs = undefined;
      this.#round.unblock();
      this.wake();
      return true;
    }
    stream.sendWindowOctets += increment;
    if (stream.sendWindowOctets > MAX_31_BIT) return false;
    if (stream.output.pendingOctets > 0) this.schedule(stream);
    return true;
  }

  /** Settles when the control frames queued so far have been handed to the socket. */
  drained(): Promise<void> {
    if (this.#closed) return RESOLVED;
    if (this.#control.length > 0) return new Promise((resolve) => this.#waiters.push(resolve));
    if (this.writingSinceMs === undefined) return RESOLVED;
    return new Promise((resolve) => this.#writingWaiters.push(resolve));
  }

  /** Gives storage back that the last second did not use. */
  giveBack(): void {
    if (this.writingSinceMs === undefined) this.#out.shrink(KEPT_OCTETS);
    this.#control.shrink(KEPT_OCTETS);
  }

  /** Stops: nothing is queued or written any more. */
  close(): void {
    this.#closed = true;
    settle(this.#writingWaiters.splice(0));
    settle(this.#waiters.splice(0));
  }

  /** Has the queue written once the microtasks that fill it have come to rest. */
  wake(): void {
    this.#progress++;
    if (this.#scheduled || this.#closed || this.writingSinceMs !== undefined) return;
    this.#scheduled = true;
    this.#writeWhenQuiet();
  }

  async #writeWhenQuiet(): Promise<void> {
    let seen = this.#progress;
    let quietTurns = 0;
    let turns = 0;
    while (quietTurns < QUIET_TURNS && turns < BUSY_TURNS) {
      await RESOLVED;
      turns++;
      if (this.#progress === seen) quietTurns++;
      else quietTurns = 0;
      seen = this.#progress;
    }
    if (turns === BUSY_TURNS) await this.#clock.turn();
    this.#scheduled = false;
    this.#writeOnce();
  }

  /**
   * Writes once. What was queued meanwhile waits for a quiet turn again: a write to a free socket settles within the
   * microtask queue, so that writing on at once would cut the handlers' output into crumbs.
   */
  async #writeOnce(): Promise<void> {
    if (this.writingSinceMs !== undefined || this.#closed) return;
    // Set before: a stream that ends while the write is put together may end the connection, which waits for it.
    this.writingSinceMs = this.#clock.now();
    try {
      if (this.#fill()) await this.#write(this.#out.view());
    } catch (error) {
      this.close();
      this.#events.broken(error);
    }
    this.writingSinceMs = undefined;
    this.#out.clear();
    settle(this.#writingWaiters.splice(0));
    if (this.#hasWork()) this.wake();
  }

  async #write(bytes: Uint8Array): Promise<void> {
    let written = await this.#socket.write(bytes);
    while (written < bytes.length) {
      this.writingSinceMs = this.#clock.now();
      written += await this.#socket.write(bytes.subarray(written));
    }
  }

  #hasWork(): boolean {
    return this.#control.length > 0 || !this.#round.isEmpty;
  }

  /** Puts the next write together; false when there is nothing to write. */
  #fill(): boolean {
    const out = this.#out;
    if (this.#control.length > 0) {
      out.append(this.#control.view());
      this.#control.clear();
      this.queuedReplies = 0;
      this.#writingWaiters.push(...this.#waiters.splice(0));
    }
    while (out.length < WRITE_OCTETS) {
      const stream = this.#round.take();
      if (stream === undefined) break;
      if (this.windowOctets > 0 || stream.output.pendingOctets === 0) this.#sendTurn(out, stream);
      else this.#block(stream);
    }
    if (!this.#round.hasBlocked) this.stalledSinceMs = undefined;
    return out.length > 0;
  }

  #block(stream: Http2Stream): void {
    this.stalledSinceMs ??= this.#clock.now();
    this.#round.block(stream);
  }

  /** One frame of one stream, and its end if that was all. The listener comes last: it may write, end or reset. */
  #sendTurn(out: ByteBuffer, stream: Http2Stream): void {
    if (!this.#canSend(stream)) return;
    if (stream.output.pendingOctets > 0) this.#sendData(out, stream);
    else this.#sendEnd(out, stream);
    if (stream.isClosed) return;
    if (this.#canSend(stream)) this.#round.add(stream);
    if (stream.full && stream.output.pendingOctets <= this.#refillOctets) {
      stream.full = false;
      stream.listener.writable();
    }
  }

  #sendData(out: ByteBuffer, stream: Http2Stream): void {
    const pending = stream.output.pendingOctets;
    const length = Math.min(
      pending,
      this.windowOctets,
      stream.sendWindowOctets,
      this.peer.maxFrameOctets,
      MAX_DATA_OCTETS,
    );
    const endStream = length === pending && stream.endQueued && stream.trailers === undefined;
    const flags = endStream ? Flag.END_STREAM : 0;
    encodeFrameHeader(out, { length, type: FrameType.DATA, flags, streamId: stream.id });
    stream.output.moveTo(out, length);
    this.#count(stream);
    stream.sendWindowOctets -= length;
    this.windowOctets -= length;
    if (length === pending || length >= PROGRESS_OCTETS) stream.stalledSinceMs = undefined;
    this.#conduct.sentData(length);
    if (endStream) this.#events.ended(stream);
    else if (length === pending && stream.endQueued) this.#sendEnd(out, stream);
  }

  #sendEnd(out: ByteBuffer, stream: Http2Stream): void {
    const fields = stream.trailers;
    if (fields === undefined) {
      const flags = Flag.END_STREAM;
      encodeFrameHeader(out, { length: 0, type: FrameType.DATA, flags, streamId: stream.id });
    } else {
      this.#encodeHeaders(out, stream, { fields, endStream: true });
    }
    this.#events.ended(stream);
  }

  #encodeHeaders(
    out: ByteBuffer,
    stream: Http2Stream,
    block: { readonly fields: readonly HeaderField[]; readonly endStream: boolean },
  ): void {
    this.#conduct.sentSomething();
    encodeHeaders(out, stream.id, {
      endStream: block.endStream,
      maxFrameOctets: this.peer.maxFrameOctets,
      encodeBlock: (buffer) => this.#hpack.encode(block.fields, buffer),
    });
  }

  /** True if a turn would put something out; notes since when a stream lacks window. */
  #canSend(stream: Http2Stream): boolean {
    if (stream.output.pendingOctets === 0) {
      // The end, once. `markEnd` makes the state say that it is out.
      return stream.endQueued && stream.state.kind !== "half_closed_local";
    }
    if (stream.sendWindowOctets > 0) return true;
    stream.stalledSinceMs ??= this.#clock.now();
    return false;
  }
}

function settle(waiters: readonly (() => void)[]): void {
  for (const resolve of waiters) resolve();
}
