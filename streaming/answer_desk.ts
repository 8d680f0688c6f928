import { type CallStatus, Status } from "../rpc/mod.ts";
import type { AnswerText, Message } from "../tabular/mod.ts";
import type { CallLaneHost } from "./call_lane.ts";
import type { RowRange } from "./lane.ts";
import type { LatencyRecorder } from "./latency.ts";
import type { Ledger } from "./ledger.ts";
import type { Outlet } from "./outlet.ts";
import { rejectionOfCall } from "./rejection.ts";
import { isRetryable } from "./retries.ts";
import { firstRecord } from "./row.ts";
import type { RunProgress } from "./run_progress.ts";
import type { StreamRowsOptions } from "./stream_options.ts";

/** What a desk is made of. */
export interface AnswerDeskOptions {
  readonly run: StreamRowsOptions;
  readonly progress: RunProgress;
  readonly ledger: Ledger;
  readonly outlet: Outlet;
  readonly latency: LatencyRecorder;
  /** Aborts when the run is to end soon. */
  readonly stopping: AbortSignal;
  /** True once no more rows are to be read. */
  readonly isOver: () => boolean;
  /** Something may have changed for whoever waits to send. */
  readonly wake: () => void;
  /** The call of a row has ended the run: those behind it are given up. */
  readonly onFailedRow: (rowNumber: number) => void;
  /** A row has failed, and perhaps the run with it. */
  readonly onFailure: () => void;
}

/** Where the lanes bring what the server says of the rows: answers, strays, and calls that failed. */
export class AnswerDesk implements CallLaneHost {
  readonly #options: AnswerDeskOptions;
  readonly #ledger: Ledger;
  readonly #progress: RunProgress;
  readonly #isSingleAnswer: boolean;
  /** Rows that wait to be the oldest one. */
  readonly #awaitingTurn = new Map<number, () => void>();

  constructor(options: AnswerDeskOptions) {
    this.#options = options;
    this.#ledger = options.ledger;
    this.#progress = options.progress;
    this.#isSingleAnswer = options.run.kind === "client_streaming";
  }

  get stopping(): AbortSignal {
    return this.#options.stopping;
  }

  messageOf(rowNumber: number): Message {
    const row = this.#ledger.row(rowNumber);
    if (row === undefined) throw new Error(`Row ${rowNumber} was not kept`);
    return "message" in row ? row.message : this.#options.run.mapper.toMessage(row);
  }

  isWaiting(rowNumber: number): boolean {
    return this.#ledger.isWaiting(rowNumber);
  }

  answer(rowNumber: number, answer: Message, nowMs: number): void {
    this.#options.latency.record(nowMs - this.#ledger.dueMs(rowNumber));
    this.#ledger.answer(rowNumber, answer);
    this.#progress.answered++;
    this.#progress.answers++;
  }

  answerRange({ firstRow, count }: RowRange, text: AnswerText, nowMs: number): void {
    const { latency } = this.#options;
    for (let rowNumber = firstRow; rowNumber < firstRow + count; rowNumber++) {
      latency.record(nowMs - this.#ledger.dueMs(rowNumber));
    }
    this.#ledger.answerRange(firstRow, count, text);
    this.#progress.answered += count;
    this.#progress.answers += count;
  }

  addAnswers(rowNumber: number, answers: readonly Message[]): void {
    this.#ledger.addAnswers(rowNumber, answers);
    this.#progress.answers += answers.length;
  }

  heldAnswers(rowNumber: number): number {
    return this.#ledger.heldAnswers(rowNumber);
  }

  complete(rowNumber: number, nowMs: number): void {
    this.#options.latency.record(nowMs - this.#ledger.dueMs(rowNumber));
    this.#ledger.complete(rowNumber);
    this.#progress.answered++;
  }

  takeBack(rowNumber: number): boolean {
    if (this.#ledger.hasBegunToLeave(rowNumber)) return false;
    this.#progress.answers -= this.#ledger.heldAnswers(rowNumber);
    this.#ledger.dropAnswers(rowNumber);
    return true;
  }

  stray(answer: Message): void {
    const { ids } = this.#options.run;
    const progress = this.#progress;
    if (ids !== undefined) {
      if (progress.strays.count === 0) progress.strays.firstId = ids.answer(answer);
      progress.strays.count++;
      return;
    }
    if (this.#isSingleAnswer) progress.answers++;
    if (!this.#isSingleAnswer || progress.answers > 1) progress.surplus++;
    this.#options.outlet.addLoose(answer);
  }

  emit(): Promise<void> | undefined {
    return this.#options.outlet.emit();
  }

  wake(): void {
    this.#options.wake();
  }

  resent(count: number): void {
    this.#progress.resent += count;
  }

  untilFirst(rowNumber: number): Promise<void> {
    if (this.#ledger.head >= rowNumber || this.#options.isOver()) return Promise.resolve();
    return new Promise((resolve) => this.#awaitingTurn.set(rowNumber, resolve));
  }

  /** Lets the oldest row go on, if it waits for that. */
  giveTurn(): void {
    if (this.#awaitingTurn.size === 0) return;
    const go = this.#awaitingTurn.get(this.#ledger.head);
    this.#awaitingTurn.delete(this.#ledger.head);
    go?.();
  }

  /** Lets all rows go on: the run is over. */
  giveTurns(): void {
    for (const go of this.#awaitingTurn.values()) go();
  }

  fail(rowNumber: number, status: CallStatus): void {
    const { run, onFailedRow, onFailure } = this.#options;
    const progress = this.#progress;
    const row = this.#ledger.row(rowNumber);
    // What is behind the row that ended the run was given up, and not found wanting.
    if (row === undefined || rowNumber > (progress.failedRow?.rowNumber ?? Infinity)) return;
    const isOfServer = isRetryable(status) || status.code === Status.UNIMPLEMENTED ||
      status.code === Status.UNAUTHENTICATED;
    if (run.onBadRow === "skip" && !isOfServer && !run.stop.aborted) {
      progress.rejected++;
      progress.refused++;
      this.#ledger.reject(rowNumber, rejectionOfCall(row, status));
      progress.checkErrors(run.maxErrors);
    } else {
      progress.failedRow = { rowNumber, status, line: firstRecord(row)?.line ?? 0 };
      onFailedRow(rowNumber);
      this.giveTurns();
    }
    onFailure();
  }
}
