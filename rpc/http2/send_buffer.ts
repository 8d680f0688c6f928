import { ByteBuffer } from "./byte_buffer.ts";

/** Storage above which an emptied buffer is given back instead of kept. */
const KEPT_OCTETS = 131_072;

/** What one stream has still to send: appended at the end, consumed from the start. */
export class SendBuffer extends ByteBuffer {
  #start = 0;

  constructor() {
    super(0);
  }

  /** Octets not consumed yet. */
  get pendingOctets(): number {
    return this.length - this.#start;
  }

  /** Reuses consumed room before it grows, once it is half of all: the copy is paid for by what was consumed. */
  override extend(octets: number): number {
    const start = this.#start;
    if (start > 0 && start * 2 >= this.length && this.length + octets > this.bytes.length) {
      this.bytes.copyWithin(0, start, this.length);
      this.length -= start;
      this.clearedOctets += start;
      this.#start = 0;
    }
    return super.extend(octets);
  }

  /** Moves the first `octets` into `out`. */
  moveTo(out: ByteBuffer, octets: number): void {
    out.append(this.bytes.subarray(this.#start, this.#start + octets));
    this.#start += octets;
    if (this.#start === this.length) this.clear();
  }

  override clear(): void {
    super.clear();
    this.#start = 0;
    if (this.bytes.length > KEPT_OCTETS) this.bytes = new Uint8Array(0);
  }
}
