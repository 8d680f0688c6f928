import { CONNECTION_PREFACE, ErrorCode, FRAME_HEADER_OCTETS } from "./constants.ts";
import { connectionError } from "./http2_error.ts";

const EMPTY = new Uint8Array(0);

/**
 * Cuts a byte stream into frames.
 *
 * `push()` hands it what the socket gave; `next()` then moves from frame to frame and leaves the current one in
 * `type`, `flags`, `streamId` and `payload`. A payload is a view of the pushed chunk wherever it arrived whole,
 * so it is valid only until the chunk's buffer is read into again. A frame that is split over chunks is gathered;
 * that memory grows with what arrives, not with the length that a frame header claims.
 *
 * Source: RFC 9113 sections 3.4 and 4.1.
 */
export class FrameDecoder {
  type = 0;
  flags = 0;
  streamId = 0;
  payload: Uint8Array = EMPTY;

  readonly #maxFrameOctets: number;
  /** Octets of the preface that have not been seen yet. */
  #prefaceLeft: number;
  #chunk: Uint8Array = EMPTY;
  #offset = 0;
  /** The beginning of a frame that the last chunks did not complete. */
  #partial: Uint8Array = EMPTY;
  #partialLength = 0;

  constructor(options: { readonly maxFrameOctets: number; readonly expectPreface: boolean }) {
    this.#maxFrameOctets = options.maxFrameOctets;
    this.#prefaceLeft = options.expectPreface ? CONNECTION_PREFACE.length : 0;
  }

  /** True between frames: nothing of the next one has arrived, nor is the preface awaited. */
  get atBoundary(): boolean {
    return this.#partialLength === 0 && this.#prefaceLeft === 0;
  }

  /** Takes the next chunk. Call `next()` until it returns false before pushing again. */
  push(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#offset = 0;
  }

  /**
   * Moves to the next frame; false when it has not arrived in full.
   *
   * @throws Http2Error `FRAME_SIZE_ERROR` for a frame above the limit, `PROTOCOL_ERROR` for a wrong preface.
   */
  next(): boolean {
    if (this.#prefaceLeft > 0 && !this.#readPreface()) return false;
    const isThere = this.#partialLength > 0 ? this.#nextFromPartial() : this.#nextFromChunk();
    if (!isThere) this.#letGo();
    return isThere;
  }

  /** Keeps no hold of a chunk that is used up, nor of idle storage: a silent connection is not to keep what it read. */
  #letGo(): void {
    this.#chunk = EMPTY;
    this.#offset = 0;
    this.payload = EMPTY;
    if (this.#partialLength === 0) this.#partial = EMPTY;
  }

  #readPreface(): boolean {
    while (this.#prefaceLeft > 0 && this.#offset < this.#chunk.length) {
      const expected = CONNECTION_PREFACE[CONNECTION_PREFACE.length - this.#prefaceLeft];
      if (this.#chunk[this.#offset] !== expected) {
        throw connectionError(ErrorCode.PROTOCOL_ERROR, describeWrongPreface(this.#chunk));
      }
      this.#offset++;
      this.#prefaceLeft--;
    }
    return this.#prefaceLeft === 0;
  }

  #nextFromChunk(): boolean {
    const chunk = this.#chunk;
    const start = this.#offset;
    const available = chunk.length - start;
    if (available < FRAME_HEADER_OCTETS) {
      this.#keepRest();
      return false;
    }
    const length = this.#readHeader(chunk, start);
    const end = start + FRAME_HEADER_OCTETS + length;
    if (end > chunk.length) {
      this.#keepRest();
      return false;
    }
    this.payload = length === 0 ? EMPTY : chunk.subarray(start + FRAME_HEADER_OCTETS, end);
    this.#offset = end;
    return true;
  }

  /** Completes the frame that earlier chunks began: first its header, then its payload. */
  #nextFromPartial(): boolean {
    if (this.#partialLength < FRAME_HEADER_OCTETS) {
      this.#take(FRAME_HEADER_OCTETS - this.#partialLength);
      if (this.#partialLength < FRAME_HEADER_OCTETS) return false;
    }
    const length = this.#readHeader(this.#partial, 0);
    this.#take(FRAME_HEADER_OCTETS + length - this.#partialLength);
    if (this.#partialLength < FRAME_HEADER_OCTETS + length) return false;
    this.payload = this.#partial.subarray(FRAME_HEADER_OCTETS, this.#partialLength);
    // Its storage is kept for the end of this chunk: on a busy connection that is the beginning of a frame again.
    this.#partialLength = 0;
    return true;
  }

  #readHeader(bytes: Uint8Array, at: number): number {
    const length = (bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2];
    if (length > this.#maxFrameOctets) {
      throw connectionError(
        ErrorCode.FRAME_SIZE_ERROR,
        `Cannot take a frame of ${length} octets: at most ${this.#maxFrameOctets} are allowed`,
      );
    }
    this.type = bytes[at + 3];
    this.flags = bytes[at + 4];
    this.streamId = ((bytes[at + 5] & 0x7f) << 24) | (bytes[at + 6] << 16) | (bytes[at + 7] << 8) |
      bytes[at + 8];
    return length;
  }

  #keepRest(): void {
    this.#take(this.#chunk.length - this.#offset);
  }

  /** Moves up to `wanted` octets of the chunk behind what is kept. */
  #take(wanted: number): void {
    const count = Math.min(wanted, this.#chunk.length - this.#offset);
    const needed = this.#partialLength + count;
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#partial.length, 64));
      grown.set(this.#partial.subarray(0, this.#partialLength));
      this.#partial = grown;
    }
    this.#partial.set(
      this.#chunk.subarray(this.#offset, this.#offset + count),
      this.#partialLength,
    );
    this.#partialLength = needed;
    this.#offset += count;
  }
}

/** Names what a peer speaks that does not begin with the preface. */
function describeWrongPreface(chunk: Uint8Array): string {
  if (chunk[0] === 0x16 && chunk[1] === 0x03) {
    return "Cannot read the HTTP/2 preface: the peer speaks TLS, this port does not";
  }
  const start = String.fromCharCode(...chunk.subarray(0, 64));
  if (/^[A-Z]+ \S+ HTTP\/1|^HTTP\/1/.test(start)) {
    return "Cannot read the HTTP/2 preface: the peer speaks HTTP/1.1";
  }
  return "Cannot read the HTTP/2 preface: the peer does not speak HTTP/2";
}
