/** Octets of a lent buffer: what one read takes at most. */
const BUFFER_OCTETS = 262_144;
/**
 * Buffers that are lent at one time, 16 MiB; above it connections read into their own, in smaller pieces. As many are
 * kept once they were needed: a hundred busy connections would else allocate one for each burst.
 */
const MAX_LENT = 64;
/** Buffers that connections may keep while they wait for input. */
const MAX_KEPT = 16;

/**
 * Large buffers for sockets that have much to read, shared by all connections of the process, so that ten thousand
 * connections which once were busy do not hold ten thousand buffers.
 *
 * A read that is under way holds its buffer, and nobody can tell for how long it will. So a connection that has read
 * all there was gives its buffer back, unless few are lent: then it keeps it, and saves the next burst a read.
 */
export class ReadBuffers {
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  #lent = 0;

  /** Buffers that are lent now. */
  get lent(): number {
    return this.#lent;
  }

  /** True while more are lent than may be kept by connections that wait. */
  get isShort(): boolean {
    return this.#lent > MAX_KEPT;
  }

  /** A buffer whose content is anything; undefined if too many are lent. */
  take(): Uint8Array<ArrayBuffer> | undefined {
    if (this.#lent >= MAX_LENT) return undefined;
    this.#lent++;
    return this.#free.pop() ?? new Uint8Array(BUFFER_OCTETS);
  }

  /** Takes a buffer back; whoever had it must not use it any more. */
  giveBack(buffer: Uint8Array<ArrayBuffer>): undefined {
    this.#lent--;
    if (this.#lent + this.#free.length < MAX_LENT) this.#free.push(buffer);
  }
}

/** The buffers of this process. */
export const READ_BUFFERS = new ReadBuffers();
