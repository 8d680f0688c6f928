import type { CsvRecord } from "../tabular/mod.ts";

/** A row that was sent, and when. */
export interface SentRow {
  readonly record: CsvRecord;
  /** Clock time in ms. */
  readonly sentAtMs: number;
}

/** Places of a new ring. */
const FIRST_PLACES = 64;

/**
 * The rows that were sent and not answered yet, in order: a ring that grows with what is in it, up to a limit, so that
 * a server that does not answer costs a bounded amount of memory.
 */
export class InFlight {
  readonly #limit: number;
  #records: (CsvRecord | undefined)[] = new Array(FIRST_PLACES).fill(undefined);
  #sentAtMs = new Float64Array(FIRST_PLACES);
  #head = 0;
  #count = 0;
  #wake: (() => void) | undefined;

  /** @param limit rows, at least 1 */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#limit;
  }

  /** Takes in a row that is being sent. It must not be full. */
  push(record: CsvRecord, sentAtMs: number): void {
    if (this.#count === this.#records.length) this.#grow();
    const index = (this.#head + this.#count) % this.#records.length;
    this.#records[index] = record;
    this.#sentAtMs[index] = sentAtMs;
    this.#count++;
  }

  /** Lets go of the oldest row, which is answered; undefined if no row waits for an answer. */
  shift(): SentRow | undefined {
    const record = this.#records[this.#head];
    if (record === undefined) return undefined;
    const sentAtMs = this.#sentAtMs[this.#head];
    this.#records[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#records.length;
    this.#count--;
    this.#release();
    return { record, sentAtMs };
  }

  /** Settles when there is room, or `close()` was called. One caller at a time. */
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

  /** Doubles the ring, its rows in order from the start. */
  #grow(): void {
    const records = [...this.#records.slice(this.#head), ...this.#records.slice(0, this.#head)];
    const sentAtMs = new Float64Array(this.#sentAtMs.length * 2);
    sentAtMs.set(this.#sentAtMs.subarray(this.#head));
    sentAtMs.set(this.#sentAtMs.subarray(0, this.#head), this.#sentAtMs.length - this.#head);
    this.#records = records.concat(new Array(records.length).fill(undefined));
    this.#sentAtMs = sentAtMs;
    this.#head = 0;
  }
}
