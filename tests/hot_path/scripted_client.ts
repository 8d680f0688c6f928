import type { Socket } from "../../rpc/http2/mod.ts";
import {
  data,
  FRAME,
  grpcRequest,
  headers,
  PREFACE,
  SETTING,
  settings,
  windowUpdate,
} from "../support/wire.ts";

/** The most that a window can be: flow control is not what is measured. */
export const MAX_WINDOW_OCTETS = 0x7fff_ffff;
const STREAM_ID = 1;
const FRAME_OCTETS = 16_384;
const FRAME_HEADER_OCTETS = 9;
/** What one read of the server takes. */
const READ_OCTETS = 262_144;

/** What the server has written since the counts were set back. */
export interface Written {
  /** Calls of `write()`. */
  writes: number;
  dataFrames: number;
  /** Octets of DATA. */
  dataOctets: number;
  /** Frames of any other kind. */
  otherFrames: number;
}

/** A client in memory with one stream: a script for the server's reads, and counters for its writes. */
export class ScriptedClient implements Socket {
  readonly peer = "memory:client";
  readonly written: Written = { writes: 0, dataFrames: 0, dataOctets: 0, otherFrames: 0 };
  #reads: Uint8Array[];
  #wakeReader = () => {};
  #isClosed = false;
  /** Octets of the frame that the last write has cut. */
  #frameRest = 0;
  #wantedOctets = 0;
  #reached = () => {};

  constructor(path: string) {
    this.#reads = [
      PREFACE,
      settings([[SETTING.INITIAL_WINDOW_SIZE, MAX_WINDOW_OCTETS]]),
      windowUpdate(0, MAX_WINDOW_OCTETS - 65_535),
      headers(STREAM_ID, grpcRequest(path)),
    ];
  }

  /** Sends envelopes in full frames, as much to each read as it takes; settles when so many octets of answers came. */
  exchange(reads: readonly Uint8Array[], answerOctets: number): Promise<void> {
    this.#wantedOctets = this.written.dataOctets + answerOctets;
    const reached = new Promise<void>((resolve) => this.#reached = resolve);
    this.#reads.push(...reads);
    this.#wakeReader();
    return reached;
  }

  async read(into: Uint8Array): Promise<number | null> {
    while (this.#reads.length === 0) {
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    const [next] = this.#reads;
    const count = Math.min(next.length, into.length);
    into.set(next.subarray(0, count));
    if (count === next.length) this.#reads.shift();
    else this.#reads[0] = next.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<number> {
    const { written } = this;
    written.writes++;
    let at = this.#frameRest;
    while (at + FRAME_HEADER_OCTETS <= bytes.length) {
      const length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
      if (bytes[at + 3] === FRAME.DATA) {
        written.dataFrames++;
        written.dataOctets += length;
      } else written.otherFrames++;
      at += FRAME_HEADER_OCTETS + length;
    }
    // A write that ends within a frame's header would be miscounted: the sender writes whole frames.
    this.#frameRest = at - bytes.length;
    if (written.dataOctets >= this.#wantedOctets) this.#reached();
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#wakeReader();
  }
}

/** Cuts a body into full DATA frames, and these into what one read takes each. */
export function toReads(body: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < body.length; at += FRAME_OCTETS) {
    frames.push(data(STREAM_ID, body.subarray(at, at + FRAME_OCTETS)));
  }
  const octets = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const frame of frames) {
    octets.set(frame, end);
    end += frame.length;
  }
  const reads: Uint8Array[] = [];
  for (let at = 0; at < end; at += READ_OCTETS) reads.push(octets.subarray(at, at + READ_OCTETS));
  return reads;
}
