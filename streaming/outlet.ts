import type { CsvRecord, Message } from "../tabular/mod.ts";
import type { Ledger, Settled } from "./ledger.ts";
import type { Rejection } from "./rejection.ts";
import { firstRecord } from "./row.ts";
import type { Outcome } from "./stream_options.ts";

/** What an outlet is made of. */
export interface OutletOptions {
  readonly ledger: Ledger;
  /** Answers of a row leave before its last one once there are this many. */
  readonly early: number;
  readonly wantsRows: boolean;
  readonly onOutcome: (outcome: Outcome) => Promise<void> | undefined;
  /** Told whenever rows have left the ledger. */
  readonly onLeave: () => void;
  /** Told once when what comes of rows cannot be written. */
  readonly onFailure: () => void;
}

/** Hands on what comes of rows, in their order, one batch at a time and as fast as it is taken. */
export class Outlet {
  readonly #options: OutletOptions;
  /** Answers beyond the rows, and those that are for all rows. */
  #loose: Message[] = [];
  #emitting: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: OutletOptions) {
    this.#options = options;
  }

  /** What the taker threw, if it did. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** An answer without a row, to follow those that are here. */
  addLoose(answer: Message): void {
    this.#loose.push(answer);
  }

  /** Hands on what is settled. A promise holds the next answers back; it never rejects. */
  emit(): Promise<void> | undefined {
    // What is settled meanwhile follows when the taker takes more.
    if (this.#emitting !== undefined) return this.#emitting;
    if (this.#failure !== undefined) return undefined;
    const { ledger, early, onLeave } = this.#options;
    // What is whole leaves alone: a checkpoint can be behind it, and not behind a part of a row.
    const settled = ledger.take() ?? ledger.take(early);
    if (settled === undefined && this.#loose.length === 0) return undefined;
    onLeave();
    let patience: Promise<void> | undefined;
    try {
      patience = this.#handOn(settled, false);
    } catch (error) {
      this.#fail(error);
    }
    if (patience === undefined) return early === Infinity ? undefined : this.emit();
    return this.#emitting = patience.then(() => {
      this.#emitting = undefined;
      return this.emit();
    }, (error) => {
      this.#emitting = undefined;
      this.#fail(error);
    });
  }

  /** At the end: hands on what stands behind rows without an answer, `more` after it. */
  async emitRest(more: readonly Rejection[] = []): Promise<void> {
    await this.emit();
    if (this.#failure !== undefined) return;
    const rest = this.#options.ledger.takeRest();
    if (rest === undefined && more.length === 0) return;
    const { answers = [], rows = [], rejections = [] } = rest ?? {};
    try {
      await this.#handOn({ answers, rows, rejections: [...rejections, ...more] }, true);
    } catch (error) {
      this.#failure = { error };
    }
  }

  #handOn(settled: Settled | undefined, isRest: boolean): Promise<void> | undefined {
    const { answers = [], rows = [], rejections = [] } = settled ?? {};
    const { ledger, wantsRows, onOutcome } = this.#options;
    const loose = this.#loose;
    this.#loose = [];
    const records: CsvRecord[] = [];
    if (wantsRows) {
      for (const row of rows) {
        const first = row === undefined ? undefined : firstRecord(row);
        if (first !== undefined) records.push(first);
      }
    }
    return onOutcome({
      answers: loose.length > 0 ? [...answers, ...loose] : answers,
      rows: records,
      rejections,
      dealtWith: ledger.leftRecords,
      goesBeyond: isRest || ledger.hasBegunToLeave(ledger.head),
    });
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#options.onFailure();
  }
}
