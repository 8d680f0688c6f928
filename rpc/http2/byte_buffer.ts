/** What a buffer without storage begins with, at least: most of what is written in small pieces ends within it. */
const FIRST_OCTETS = 64;

/**
 * An append-only buffer of octets that doubles as it fills and keeps its memory when cleared.
 *
 * Whatever writes the wire (frame encoder, HPACK encoder, envelope encoder) writes into one of these, so
 * that many small pieces leave in one socket write.
 */
export class ByteBuffer {
  /** The storage; octets `0 … length` are in use. Replaced when it grows, so do not keep it. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Octets in use. */
  length = 0;
  /** Octets that were in use and are not any more. */
  protected clearedOctets = 0;
  /** True if it was emptied since `shrink()` looked last. */
  #used = false;

  constructor(initialOctets = 256) {
    this.bytes = new Uint8Array(initialOctets);
  }

  /** Octets appended so far, those that are cleared among them. */
  get totalOctets(): number {
    return this.clearedOctets + this.length;
  }

  /** Makes room for `octets` more and returns the offset at which they begin; `length` moves past them. */
  extend(octets: number): number {
    const offset = this.length;
    const needed = offset + octets;
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2 || FIRST_OCTETS));
      grown.set(this.bytes.subarray(0, offset));
      this.bytes = grown;
    }
    this.length = needed;
    return offset;
  }

  appendByte(value: number): void {
    const offset = this.extend(1);
    this.bytes[offset] = value;
  }

  append(chunk: Uint8Array): void {
    const offset = this.extend(chunk.length);
    this.bytes.set(chunk, offset);
  }

  /** The octets in use, as a view that is valid until the next append. */
  view(): Uint8Array<ArrayBuffer> {
    return this.bytes.subarray(0, this.length);
  }

  clear(): void {
    if (this.length > 0) this.#used = true;
    this.clearedOctets += this.length;
    this.length = 0;
  }

  /** Gives storage above `keptOctets` back if the buffer is empty and was not used since the last call. */
  shrink(keptOctets: number): void {
    if (this.length === 0 && !this.#used && this.bytes.length > keptOctets) {
      this.bytes = new Uint8Array(keptOctets);
    }
    this.#used = false;
  }
}
