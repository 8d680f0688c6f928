import type { Http2Stream } from "./stream.ts";
import { type CloseCause, IDLE, type StreamState } from "./stream_state.ts";

/** Ended streams whose cause is remembered: more than are normally under way in one round trip. */
const REMEMBERED_STREAMS = 256;

/** What is remembered of an ended stream. */
interface EndedStream {
  readonly cause: CloseCause;
  /** Octets that the peer was still allowed to send when it ended, and that may be under way. */
  lateOctets: number;
  /** True while an RST_STREAM of the peer's may be under way. */
  mayReset: boolean;
}

/** The streams of one connection: those open, those that ended lately, and how far the ids have come. */
export class StreamTable {
  /** The highest id that the peer has opened. */
  lastPeerId = 0;
  /** The id that we open next; 0 for a server, which opens none. */
  nextLocalId: number;

  readonly #role: "server" | "client";
  readonly #open = new Map<number, Http2Stream>();
  readonly #ended = new Map<number, EndedStream>();

  constructor(role: "server" | "client") {
    this.#role = role;
    this.nextLocalId = role === "client" ? 1 : 0;
  }

  get size(): number {
    return this.#open.size;
  }

  get(streamId: number): Http2Stream | undefined {
    return this.#open.get(streamId);
  }

  /** The open streams; safe while some of them close. */
  values(): IterableIterator<Http2Stream> {
    return this.#open.values();
  }

  add(stream: Http2Stream): void {
    this.#open.set(stream.id, stream);
    if (this.#role === "server") this.lastPeerId = stream.id;
    else this.nextLocalId = stream.id + 2;
  }

  /** Remembers an id that the peer used but that never became a stream. */
  refuse(streamId: number, cause: CloseCause): void {
    this.lastPeerId = streamId;
    this.#remember(streamId, { cause, lateOctets: 0, mayReset: true });
  }

  /** Moves an ended stream from the open ones to the remembered ones. */
  end(stream: Http2Stream, cause: CloseCause): void {
    if (!this.#open.delete(stream.id)) return;
    this.#remember(stream.id, {
      cause,
      lateOctets: stream.receiveWindow.availableOctets,
      mayReset: cause.kind !== "reset" || cause.origin === "local",
    });
  }

  /** Charges DATA that arrives after the end; false for what the window at the end does not explain. */
  chargeLate(streamId: number, octets: number): boolean {
    const ended = this.#ended.get(streamId);
    if (ended === undefined) return false;
    // An empty frame is not for free.
    ended.lateOctets -= Math.max(1, octets);
    return ended.lateOctets >= 0;
  }

  /** Takes the RST_STREAM that may cross a stream's end; false for one more. */
  takeLateReset(streamId: number): boolean {
    const ended = this.#ended.get(streamId);
    const { mayReset = false } = ended ?? {};
    if (ended !== undefined) ended.mayReset = false;
    return mayReset;
  }

  /**
   * The state of any id; undefined for one that ended too long ago to remember, or was skipped.
   */
  state(streamId: number): StreamState | undefined {
    const stream = this.#open.get(streamId);
    if (stream !== undefined) return stream.state;
    if (this.#isIdle(streamId)) return IDLE;
    const ended = this.#ended.get(streamId);
    return ended === undefined ? undefined : { kind: "closed", cause: ended.cause };
  }

  #isIdle(streamId: number): boolean {
    const isClients = streamId % 2 === 1;
    if (!isClients) return true;
    return this.#role === "server" ? streamId > this.lastPeerId : streamId >= this.nextLocalId;
  }

  #remember(streamId: number, ended: EndedStream): void {
    if (this.#ended.size >= REMEMBERED_STREAMS) {
      for (const oldest of this.#ended.keys()) {
        this.#ended.delete(oldest);
        break;
      }
    }
    this.#ended.set(streamId, ended);
  }
}
