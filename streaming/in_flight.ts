import type { CsvRecord } from "../tabular/mod.ts";

/** A row that was sent, and when. */
export interface SentRow {
  readonly record: CsvRecord;
  /** Clock time in ms. */
  readonly sentAtMs: number;
}

/**
 * The rows that were sent and not answered yet, in order: a ring of fixed size, so that a server that does not answer
 * costs a bounded amount of memory.
 */
export class InFlight {
  readonly #capacity: number;
  readonly #records: (CsvRecord | undefined)[] = [];
  readonly #sentAtMs: number[] = [];
  #head = 0;
  #count = 0;
  #wake: (() => void) | undefined;

  /** @param capacity rows, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#capacity;
  }

  /** Takes in a row that is being sent; there must be room. */
  push(record: CsvRecord, sentAtMs: number): void {
    const index = (this.#head + this.#count) % this.#capacity;
    this.#records[index] = record;
    this.#sentAtMs[index] = sentAtMs;
    this.#count++;
  }

  /** Lets go of the oldest row, which is answered; undefined if no row waits for an answer. */
  shift(): SentRow | undefined {
    const record = this.#records[this.#head];
    if (this.#count === 0 || record === undefined) return undefined;
    const sentAtMs = this.#sentAtMs[this.#head];
    this.#records[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#capacity;
    this.#count--;
    this.#release();
    return { record, sentAtMs };
  }

  /** Settles when there is room, or `close()` was called. */
  room(): Promise<void> {
    if (!this.isFull) return Promise.resolve();
    return new Promise((resolve) => this.#wake = resolve);
  }

  /** No more answers come: whoever waits for room goes on. */
  close(): void {
    this.#release();
  }

  #release(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
