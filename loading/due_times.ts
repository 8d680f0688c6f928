/** When the messages that wait for an answer were due, in order: a ring that never holds more than `limit`. */
export class DueTimes {
  readonly #limit: number;
  #dueMs = new Float64Array(64);
  #head = 0;
  #count = 0;
  #wake: (() => void) | undefined;

  /** @param limit messages, at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#limit;
  }

  /** Takes in a message that is being sent. It must not be full. */
  push(dueMs: number): void {
    if (this.#count === this.#dueMs.length) this.#grow();
    this.#dueMs[(this.#head + this.#count) % this.#dueMs.length] = dueMs;
    this.#count++;
  }

  /** Lets go of the oldest message, which is answered; undefined if none waits. */
  shift(): number | undefined {
    if (this.#count === 0) return undefined;
    const dueMs = this.#dueMs[this.#head];
    this.#head = (this.#head + 1) % this.#dueMs.length;
    this.#count--;
    return dueMs;
  }

  /** Settles at the next `announceRoom()`. One caller at a time. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** Some were answered, or no more answers come: whoever waits for room looks again. */
  announceRoom(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** Doubles the ring, its times in order from the start. */
  #grow(): void {
    const grown = new Float64Array(2 * this.#dueMs.length);
    grown.set(this.#dueMs.subarray(this.#head));
    grown.set(this.#dueMs.subarray(0, this.#head), this.#dueMs.length - this.#head);
    this.#dueMs = grown;
    this.#head = 0;
  }
}
