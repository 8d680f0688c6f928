/**
 * What the peer may still send on one stream or connection, and what we owe it back.
 *
 * Octets are charged on receipt and released when they no longer occupy memory. Releases are gathered until half
 * the window is owed, so that a WINDOW_UPDATE goes out per half window, not per frame.
 *
 * Source: RFC 9113 section 5.2.
 */
export class ReceiveWindow {
  #size: number;
  #available: number;
  #owed = 0;
  /** Octets received since the reader was last found to keep up. */
  #sinceKeepingUp = 0;

  constructor(sizeOctets: number) {
    this.#size = sizeOctets;
    this.#available = sizeOctets;
  }

  /** The full window, in octets. */
  get sizeOctets(): number {
    return this.#size;
  }

  /** What the peer may still send, in octets; negative once it overran the window. */
  get availableOctets(): number {
    return this.#available;
  }

  /** Charges `octets`; false if the peer overran the window. */
  receive(octets: number): boolean {
    this.#available -= octets;
    this.#sinceKeepingUp += octets;
    return this.#available >= 0;
  }

  /** Takes back `octets`; returns the increment to announce now, 0 while it can wait. */
  release(octets: number): number {
    this.#owed += octets;
    return this.#owed * 2 >= this.#size ? this.flush() : 0;
  }

  /** The reader has read everything; true if half a window came since this was last true: it keeps up. */
  drained(): boolean {
    if (this.#sinceKeepingUp * 2 < this.#size) return false;
    this.#sinceKeepingUp = 0;
    return true;
  }

  /** Enlarges the window; the difference is owed. */
  grow(octets: number): void {
    this.#size += octets;
    this.#owed += octets;
  }

  /** The increment that is owed, which is then no longer. */
  flush(): number {
    const increment = this.#owed;
    this.#available += increment;
    this.#owed = 0;
    return increment;
  }
}
