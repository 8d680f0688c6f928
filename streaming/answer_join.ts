import type { Message } from "../tabular/mod.ts";

/** Finds the row that an answer belongs to, among those that were sent on one call. */
export interface AnswerJoin {
  /** Rows that wait. */
  readonly size: number;
  push(rowNumber: number, message: Message): void;
  /** The same for rows one after the other, where their messages do not matter. */
  pushRange?(firstRow: number, count: number): void;
  /** The number of the row, which waits no more; undefined if there is none. */
  take(answer: Message): number | undefined;
  /** The row that the next answer belongs to, and its number as by `take()`, where answers do not matter. */
  readonly next?: number | undefined;
  takeNext?(): number | undefined;
  /** The rows that wait, in the order in which they were sent. */
  waiting(): number[];
}

/** Answers come in the order of the rows. */
export class OrderJoin implements AnswerJoin {
  #rowNumbers = new Float64Array(64);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(rowNumber: number): void {
    if (this.#size === this.#rowNumbers.length) this.#grow();
    this.#rowNumbers[(this.#head + this.#size) & (this.#rowNumbers.length - 1)] = rowNumber;
    this.#size++;
  }

  pushRange(firstRow: number, count: number): void {
    for (let rowNumber = firstRow; rowNumber < firstRow + count; rowNumber++) this.push(rowNumber);
  }

  get next(): number | undefined {
    return this.#size === 0 ? undefined : this.#rowNumbers[this.#head];
  }

  take(): number | undefined {
    return this.takeNext();
  }

  takeNext(): number | undefined {
    if (this.#size === 0) return undefined;
    const rowNumber = this.#rowNumbers[this.#head];
    this.#head = (this.#head + 1) & (this.#rowNumbers.length - 1);
    this.#size--;
    return rowNumber;
  }

  waiting(): number[] {
    const mask = this.#rowNumbers.length - 1;
    return Array.from(
      { length: this.#size },
      (_, index) => this.#rowNumbers[(this.#head + index) & mask] ?? 0,
    );
  }

  #grow(): void {
    const grown = new Float64Array(this.#rowNumbers.length * 2);
    grown.set(this.#rowNumbers.subarray(this.#head));
    grown.set(this.#rowNumbers.subarray(0, this.#head), this.#rowNumbers.length - this.#head);
    this.#rowNumbers = grown;
    this.#head = 0;
  }
}

/** How a message names its row. */
export type ReadId = (message: Message) => string;

/** Answers say whose they are. Rows with one id are answered in their order. */
export class IdJoin implements AnswerJoin {
  readonly #requestId: ReadId;
  readonly #answerId: ReadId;
  readonly #rows = new Map<string, number | number[]>();
  #size = 0;

  constructor(requestId: ReadId, answerId: ReadId) {
    this.#requestId = requestId;
    this.#answerId = answerId;
  }

  get size(): number {
    return this.#size;
  }

  push(rowNumber: number, message: Message): void {
    const id = this.#requestId(message);
    const others = this.#rows.get(id);
    if (others === undefined) this.#rows.set(id, rowNumber);
    else if (Array.isArray(others)) others.push(rowNumber);
    else this.#rows.set(id, [others, rowNumber]);
    this.#size++;
  }

  take(answer: Message): number | undefined {
    const id = this.#answerId(answer);
    const found = this.#rows.get(id);
    if (found === undefined) return undefined;
    this.#size--;
    if (!Array.isArray(found)) {
      this.#rows.delete(id);
      return found;
    }
    const first = found.shift();
    if (found.length === 0) this.#rows.delete(id);
    return first;
  }

  waiting(): number[] {
    return [...this.#rows.values()].flat().sort((left, right) => left - right);
  }
}
