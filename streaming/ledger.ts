import type { AnswerText, Message } from "../tabular/mod.ts";
import type { Rejection } from "./rejection.ts";
import type { Row } from "./row.ts";

/** What has become of rows since the last time it was asked, in the order of the input. */
export interface Settled {
  readonly answers: readonly Message[];
  /** The row of each answer; undefined where rows are not kept. An `AnswerText` has none. */
  readonly rows: readonly (Row | undefined)[];
  readonly rejections: readonly Rejection[];
}

/** What is kept of a row beside its cells. */
export interface Acceptance {
  /** 1-based line of the input. */
  readonly line: number;
  /** Clock time in ms. */
  readonly dueMs: number;
  /** Records of the input that are dealt with once this row is. */
  readonly recordCount: number;
}

/** Bounds of a ledger, in rows. */
export interface LedgerLimits {
  /** Rows without an answer, at most; at least 1. */
  readonly maxWaiting: number;
  /** Rows between the oldest without an answer and the newest, at most: those between them hold their answers. */
  readonly maxSpan: number;
}

/** Places of a new ring; a power of two. */
const FIRST_PLACES = 64;

type Place = Message | Message[] | Rejection | undefined;

const FREE = 0;
const WAITING = 1;
const ANSWERED = 2;
/** Answered, with any number of answers. */
const COMPLETED = 3;
const REJECTED = 4;

/**
 * The rows that were sent and have not left yet. Each is numbered as it comes in and leaves in that order, whatever the
 * order in which rows are answered: a ring that grows with what is in it, up to its limits, so that a server that does
 * not answer costs a bounded amount of memory.
 */
export class Ledger {
  readonly #limits: LedgerLimits;
  #mask = FIRST_PLACES - 1;
  #states = new Uint8Array(FIRST_PLACES);
  #dueMs = new Float64Array(FIRST_PLACES);
  #recordCounts = new Uint32Array(FIRST_PLACES);
  #lines = new Float64Array(FIRST_PLACES);
  #rows: (Row | undefined)[] = new Array(FIRST_PLACES).fill(undefined);
  #outcomes: Place[] = new Array(FIRST_PLACES).fill(undefined);
  /** Number of the oldest row that has not left. */
  #head = 0;
  #next = 0;
  #waiting = 0;
  #leftRecords = 0;
  /** Whether answers of the oldest row have left before its last one came. */
  #headHasBegun = false;

  constructor(limits: LedgerLimits) {
    this.#limits = limits;
  }

  /** Rows without an answer. */
  get waiting(): number {
    return this.#waiting;
  }

  get hasRoom(): boolean {
    return this.#waiting < this.#limits.maxWaiting &&
      this.#next - this.#head < this.#limits.maxSpan;
  }

  /** Rows that may be taken in. */
  get room(): number {
    const { maxWaiting, maxSpan } = this.#limits;
    return Math.min(maxWaiting - this.#waiting, maxSpan - (this.#next - this.#head));
  }

  /** Number of the oldest row that has not left. */
  get head(): number {
    return this.#head;
  }

  /** The number that the next row gets. */
  get next(): number {
    return this.#next;
  }

  /** Records of all rows that have left: from the first of the input on, without a gap. */
  get leftRecords(): number {
    return this.#leftRecords;
  }

  /**
   * Takes in a row that is being sent, and returns its number. There should be room.
   *
   * @param row undefined where nobody will ask for it: it costs memory
   */
  accept(row: Row | undefined, { line, dueMs, recordCount }: Acceptance): number {
    if (this.#next - this.#head > this.#mask) this.#grow();
    const rowNumber = this.#next++;
    const place = rowNumber & this.#mask;
    this.#states[place] = WAITING;
    this.#dueMs[place] = dueMs;
    this.#recordCounts[place] = recordCount;
    this.#lines[place] = line;
    this.#rows[place] = row;
    this.#waiting++;
    return rowNumber;
  }

  /** True while a row has neither all of its answers nor a rejection. */
  isWaiting(rowNumber: number): boolean {
    return rowNumber >= this.#head && this.#states[rowNumber & this.#mask] === WAITING;
  }

  /** When the row was due, as told to `accept()`. */
  dueMs(rowNumber: number): number {
    return this.#dueMs[rowNumber & this.#mask] ?? 0;
  }

  row(rowNumber: number): Row | undefined {
    return this.#rows[rowNumber & this.#mask];
  }

  /** The one answer of a row that waits for it. */
  answer(rowNumber: number, answer: Message): void {
    const place = rowNumber & this.#mask;
    this.#states[place] = ANSWERED;
    this.#outcomes[place] = answer;
    this.#waiting--;
  }

  /** The one answer of each of some rows that follow each other and wait for it, as one text. */
  answerRange(firstRow: number, count: number, text: AnswerText): void {
    for (let rowNumber = firstRow; rowNumber < firstRow + count; rowNumber++) {
      const place = rowNumber & this.#mask;
      this.#states[place] = ANSWERED;
      // They leave together, as none of them waits.
      this.#outcomes[place] = rowNumber === firstRow ? text : undefined;
    }
    this.#waiting -= count;
  }

  /** Some answers of a row that may get more. */
  addAnswers(rowNumber: number, answers: readonly Message[]): void {
    const place = rowNumber & this.#mask;
    const held = this.#outcomes[place];
    if (Array.isArray(held)) held.push(...answers);
    else this.#outcomes[place] = [...answers];
  }

  /** Answers of a row that have not left. */
  heldAnswers(rowNumber: number): number {
    const held = this.#outcomes[rowNumber & this.#mask];
    return Array.isArray(held) ? held.length : 0;
  }

  /** True once an answer of the row has left: it cannot be asked for anew. */
  hasBegunToLeave(rowNumber: number): boolean {
    return rowNumber === this.#head && this.#headHasBegun;
  }

  /** The row's call starts anew: what it answered is void. */
  dropAnswers(rowNumber: number): void {
    this.#outcomes[rowNumber & this.#mask] = undefined;
  }

  /** The row has all of its answers. */
  complete(rowNumber: number): void {
    this.#states[rowNumber & this.#mask] = COMPLETED;
    this.#waiting--;
  }

  reject(rowNumber: number, rejection: Rejection): void {
    const place = rowNumber & this.#mask;
    this.#states[place] = REJECTED;
    this.#outcomes[place] = rejection;
    this.#waiting--;
  }

  /**
   * Lets go of the rows that are dealt with, up to the first that is not; undefined if there is none.
   *
   * @param early answers of that first one leave as well, once there are this many; default: never
   */
  take(early = Infinity): Settled | undefined {
    const settled = { answers: [] as Message[], rows: [] as (Row | undefined)[], rejections: [] };
    const firstHead = this.#head;
    while (this.#head < this.#next && this.#states[this.#head & this.#mask] !== WAITING) {
      this.#leave(this.#head, settled);
      this.#leftRecords += this.#recordCounts[this.#head & this.#mask] ?? 0;
      this.#head++;
      this.#headHasBegun = false;
    }
    if (early !== Infinity) this.#leaveEarly(early, settled);
    return this.#head === firstHead && settled.answers.length === 0 ? undefined : settled;
  }

  /** At the end of a run: what is dealt with behind rows that are not. */
  takeRest(): Settled | undefined {
    const settled = { answers: [] as Message[], rows: [] as (Row | undefined)[], rejections: [] };
    for (let rowNumber = this.#head; rowNumber < this.#next; rowNumber++) {
      if (!this.isWaiting(rowNumber)) this.#leave(rowNumber, settled);
    }
    return settled.answers.length + settled.rejections.length === 0 ? undefined : settled;
  }

  /** The line of the oldest row that waits. */
  firstWaitingLine(): number | undefined {
    for (let rowNumber = this.#head; rowNumber < this.#next; rowNumber++) {
      if (this.isWaiting(rowNumber)) return this.#lines[rowNumber & this.#mask];
    }
    return undefined;
  }

  #leave(
    rowNumber: number,
    { answers, rows, rejections }: {
      readonly answers: Message[];
      readonly rows: (Row | undefined)[];
      readonly rejections: Rejection[];
    },
  ): void {
    const place = rowNumber & this.#mask;
    const state = this.#states[place];
    const outcome = this.#outcomes[place];
    const row = this.#rows[place];
    this.#states[place] = FREE;
    this.#outcomes[place] = undefined;
    this.#rows[place] = undefined;
    // Written by answer(), complete() and reject() alone, together with the state.
    if (state === ANSWERED) {
      // Of a text that stands with the first of its rows.
      if (outcome === undefined) return;
      answers.push(outcome as Message);
      rows.push(row);
    } else if (state === REJECTED) {
      rejections.push(outcome as Rejection);
    } else if (Array.isArray(outcome)) {
      for (const answer of outcome) {
        answers.push(answer);
        rows.push(row);
      }
    }
  }

  #leaveEarly(
    early: number,
    { answers, rows }: { readonly answers: Message[]; readonly rows: (Row | undefined)[] },
  ): void {
    const place = this.#head & this.#mask;
    const held = this.#outcomes[place];
    if (this.#head === this.#next || !Array.isArray(held) || held.length === 0) return;
    if (!this.#headHasBegun && held.length < early) return;
    this.#headHasBegun = true;
    this.#outcomes[place] = undefined;
    for (const answer of held) {
      answers.push(answer);
      rows.push(this.#rows[place]);
    }
  }

  /** Doubles the ring. */
  #grow(): void {
    const mask = this.#mask * 2 + 1;
    const states = new Uint8Array(mask + 1);
    const dueMs = new Float64Array(mask + 1);
    const recordCounts = new Uint32Array(mask + 1);
    const lines = new Float64Array(mask + 1);
    const rows: (Row | undefined)[] = new Array(mask + 1).fill(undefined);
    const outcomes: Place[] = new Array(mask + 1).fill(undefined);
    for (let rowNumber = this.#head; rowNumber < this.#next; rowNumber++) {
      const from = rowNumber & this.#mask;
      const to = rowNumber & mask;
      states[to] = this.#states[from] ?? FREE;
      dueMs[to] = this.#dueMs[from] ?? 0;
      recordCounts[to] = this.#recordCounts[from] ?? 0;
      lines[to] = this.#lines[from] ?? 0;
      rows[to] = this.#rows[from];
      outcomes[to] = this.#outcomes[from];
    }
    this.#mask = mask;
    this.#states = states;
    this.#dueMs = dueMs;
    this.#recordCounts = recordCounts;
    this.#lines = lines;
    this.#rows = rows;
    this.#outcomes = outcomes;
  }
}
