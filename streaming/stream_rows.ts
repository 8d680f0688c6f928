import { type CallStatus, Metadata, Status } from "../rpc/mod.ts";
import { type CsvRecord, type Message, RowError, TabularError } from "../tabular/mod.ts";
import { IdJoin, OrderJoin } from "./answer_join.ts";
import { BatchSource } from "./batch_source.ts";
import { CallLane, type CallLaneHost } from "./call_lane.ts";
import type { Lane, RowCall } from "./lane.ts";
import { LatencyRecorder } from "./latency.ts";
import { Ledger } from "./ledger.ts";
import { Outlet } from "./outlet.ts";
import { type Rejection, rejectionOfCall, rejectionOfRow } from "./rejection.ts";
import { isRetryable, Retries } from "./retries.ts";
import { firstRecord, recordsOf, type Row } from "./row.ts";
import { onStall, onStop } from "./run_timers.ts";
import { StreamLane } from "./stream_lane.ts";
import type { StreamCounts, StreamRowsOptions, StreamSummary } from "./stream_options.ts";
import { Wakeup } from "./wakeup.ts";

const DEFAULT_STALL_MS = 5_000;
/** Rows that share one look at the clock: they leave in the same turn. */
const ROWS_PER_LOOK = 16;
/** Answers that wait for those of earlier rows are at most as many as this, or as the rows in flight. */
const MIN_SPAN_ROWS = 4096;
/** With retries, so many answers of a row are held back until the last has come: none is written twice. */
const HELD_FOR_RETRY = 10_000;
/** How long an input may take to say that it has ended, once the server has answered all and left. */
const LAST_WORD_MS = 250;
/** The longest wait of one timer, in ms. */
const MAX_SLEEP_MS = 3_600_000;

/**
 * Sends rows through calls, and joins the answers to them.
 *
 * Both directions run at once, held back by each other: no more than `maxInFlight` rows wait for their answers. What
 * comes of the rows leaves in the order of the input. All calls end before this returns, and what happens to them or to
 * the input is in the summary.
 *
 * @throws what `onOutcome` throws; the calls are cancelled then.
 */
export async function streamRows(
  batches: AsyncIterable<CsvRecord[]>,
  options: StreamRowsOptions,
): Promise<StreamSummary> {
  return await new RowRun(options).run(batches);
}

/** One run, whose counts can be looked at while it goes on. */
export class RowRun implements CallLaneHost {
  readonly #options: StreamRowsOptions;
  readonly #ledger: Ledger;
  readonly #lanes: readonly Lane[];
  readonly #latency = new LatencyRecorder();
  readonly #isSingleAnswer: boolean;
  readonly #keepsRows: boolean;
  readonly #outlet: Outlet;
  readonly #wakeup = new Wakeup();
  readonly #stopping = new AbortController();
  /** Rejections of rows of a group that is still open: they follow it. */
  #openRejections: Rejection[] = [];
  #nextLane = 0;
  #read = 0;
  #sent = 0;
  #answered = 0;
  #answers = 0;
  #rejected = 0;
  #refused = 0;
  #resent = 0;
  #surplus = 0;
  #strays = { count: 0, firstId: "" };
  #inputEnded = false;
  /** Whether a row was read that is not sent: the input is not at its end. */
  #hasUnsent = false;
  #inputError: unknown;
  /** Rows that wait to be the oldest one. */
  readonly #awaitingTurn = new Map<number, () => void>();
  /** The first row whose own call ended the run. */
  #failedRow:
    | { readonly rowNumber: number; readonly status: CallStatus; readonly line: number }
    | undefined;
  #lanesOver = 0;
  /** How the first lane ended that ended early. */
  #laneStatus: CallStatus | undefined;
  #source: BatchSource<CsvRecord[]> | undefined;

  constructor(options: StreamRowsOptions) {
    this.#options = options;
    const { kind, maxInFlight, retry = { limit: 0 } } = options;
    this.#isSingleAnswer = kind === "client_streaming";
    const isPerCall = kind === "unary" || kind === "server_streaming";
    this.#keepsRows = (options.wantsRows ?? true) || retry.limit > 0 || isPerCall;
    this.#ledger = new Ledger({
      maxWaiting: maxInFlight,
      maxSpan: Math.max(maxInFlight, MIN_SPAN_ROWS),
    });
    this.#outlet = new Outlet({
      ledger: this.#ledger,
      early: kind !== "server_streaming" ? Infinity : retry.limit > 0 ? HELD_FOR_RETRY : 1,
      wantsRows: options.wantsRows ?? true,
      onOutcome: options.onOutcome,
      onLeave: () => {
        this.#giveTurn();
        this.wake();
      },
      onFailure: () => {
        this.#cancel("The answers could not be written");
        this.wake();
        this.#source?.leave();
      },
    });
    this.#lanes = options.openCalls.map((openCall) => this.#createLane(openCall));
  }

  get counts(): StreamCounts {
    return {
      read: this.#read,
      sent: this.#sent,
      answered: this.#answered,
      rejected: this.#rejected,
      inFlight: this.#ledger.waiting,
      latency: this.#latency.summarize(),
    };
  }

  async run(batches: AsyncIterable<CsvRecord[]>): Promise<StreamSummary> {
    const startedMs = performance.now();
    const stopDrain = this.#limitDrain();
    const stopWatch = this.#watchForStall();
    const lanes = this.#lanes.map((lane) => lane.run().then((status) => this.#endLane(status)));
    try {
      await this.#sendAll(batches);
    } catch (error) {
      this.#inputError ??= error;
    }
    for (const lane of this.#lanes) lane.end();
    await Promise.all(lanes);
    stopDrain();
    stopWatch();
    await this.#outlet.emitRest(this.#openRejections.splice(0));
    if (this.#outlet.failure !== undefined) throw this.#outlet.failure.error;
    return this.#summarize(performance.now() - startedMs);
  }

  #summarize(durationMs: number): StreamSummary {
    const isAnswered = this.#isSingleAnswer && this.#answers > 0;
    return {
      read: this.#read,
      sent: this.#sent,
      answered: isAnswered ? this.#sent : this.#answered,
      answers: this.#answers,
      rejected: this.#rejected,
      refused: this.#refused,
      surplus: this.#surplus,
      strays: this.#strays,
      resent: this.#resent,
      firstUnansweredLine: this.#ledger.firstWaitingLine(),
      durationMs,
      latency: this.#latency.summarize(),
      status: this.#failedRow?.status ?? this.#laneStatus ??
        { code: Status.OK, message: "", trailers: new Metadata() },
      failedLine: this.#failedRow?.line,
      inputEnded: this.#inputEnded,
      inputError: this.#inputError,
    };
  }

  #createLane(openCall: () => RowCall): Lane {
    const { kind, path, ids, retry = { limit: 0 } } = this.#options;
    const retries = new Retries(retry);
    if (kind === "unary" || kind === "server_streaming") {
      return new CallLane({ openCall, isUnary: kind === "unary", path, retries, host: this });
    }
    const order = ids === undefined ? new OrderJoin() : new IdJoin(ids.request, ids.answer);
    const join = this.#isSingleAnswer ? undefined : order;
    return new StreamLane({ openCall, join, retries, host: this });
  }

  /** A lane that is over before the input is, or that failed, ends the run. */
  #endLane(status: CallStatus): void {
    this.#lanesOver++;
    if (this.#laneStatus === undefined || this.#laneStatus.code === Status.OK) {
      this.#laneStatus = status;
    }
    this.wake();
    this.#source?.leave();
  }

  /** After a stop, the server gets a moment to answer what it was sent. */
  #limitDrain(): () => void {
    const { stop, drainMs } = this.#options;
    return onStop(stop, drainMs, {
      stopped: () => {
        this.#stopping.abort();
        this.wake();
        this.#source?.leave();
      },
      drained: () => this.#cancel("Interrupted"),
    });
  }

  #cancel(reason: string): void {
    for (const lane of this.#lanes) lane.cancel(reason);
    for (const go of this.#awaitingTurn.values()) go();
  }

  #watchForStall(): () => void {
    const { stallMs = DEFAULT_STALL_MS } = this.#options;
    // A lane that waits to try again has a server that is gone, not one that does not answer.
    const isFull = () => !this.#ledger.hasRoom && this.#lanes.some(({ isOpen }) => isOpen);
    return onStall(
      stallMs,
      () => ({ isFull: isFull(), progress: this.#answered }),
      () => this.#options.onStall?.(this.#ledger.waiting),
    );
  }

  /** True once no more rows are to be read. */
  get #isOver(): boolean {
    return this.#lanesOver > 0 || this.#failedRow !== undefined || this.#options.stop.aborted ||
      this.#outlet.failure !== undefined || this.#inputError !== undefined;
  }

  /** True if the server has ended the call well, with an answer to all that it was sent. */
  get #hasEndedWell(): boolean {
    return this.#laneStatus?.code === Status.OK && this.#ledger.waiting === 0 && !this.#hasUnsent &&
      !this.#options.stop.aborted && this.#outlet.failure === undefined &&
      this.#inputError === undefined;
  }

  async #sendAll(batches: AsyncIterable<CsvRecord[]>): Promise<void> {
    const source = new BatchSource(batches);
    this.#source = source;
    try {
      while (!this.#isOver) {
        const step = await source.next();
        if (step === undefined) break;
        if (step.done) {
          this.#inputEnded = await this.#finishGroup();
          return;
        }
        if (this.#isOver) this.#hasUnsent = true;
        else await this.#sendBatch(step.value);
      }
      // The server may have ended the call well while the end of the input was on its way.
      if (this.#hasEndedWell) this.#inputEnded = await source.isAtEnd(LAST_WORD_MS);
    } finally {
      source.close();
    }
  }

  /** The hot path: a promise only where the call, the answers or the schedule hold the rows back. */
  async #sendBatch(batch: readonly CsvRecord[]): Promise<void> {
    const { grouper, mapper, pacer } = this.#options;
    let nowMs = performance.now();
    let sinceLook = 0;
    for (const record of batch) {
      this.#read++;
      let message: Message;
      let row: Row = record;
      let dueMs: number;
      try {
        if (grouper === undefined) {
          message = mapper.toMessage(record);
        } else {
          const group = grouper.push(record);
          if (group === undefined) continue;
          message = group.message;
          row = group;
        }
        dueMs = pacer === undefined
          ? 0
          : pacer.dueMs(firstRecord(row) ?? record, performance.now());
      } catch (error) {
        if (!(error instanceof RowError)) throw error;
        await this.#rejectRow(row, error);
        if (!this.#isOver) continue;
        this.#hasUnsent = true;
        return;
      }
      if (++sinceLook === ROWS_PER_LOOK) {
        nowMs = performance.now();
        sinceLook = 0;
      }
      let lane = this.#openLane();
      if (lane === undefined || (pacer !== undefined && dueMs > nowMs)) {
        lane = await this.#untilSendable(dueMs);
        if (lane === undefined) {
          this.#hasUnsent = true;
          return;
        }
        nowMs = performance.now();
        sinceLook = 0;
      }
      this.#send(lane, row, message, pacer === undefined ? nowMs : dueMs);
    }
  }

  #send(lane: Lane, row: Row, message: Message, dueMs: number): void {
    if (this.#isSingleAnswer) {
      lane.send(-1, message);
      this.#sent++;
      return;
    }
    const isRecord = "cells" in row;
    const rowNumber = this.#ledger.accept(this.#keepsRows ? row : undefined, {
      line: isRecord ? row.line : row.records[0]?.line ?? 0,
      dueMs,
      recordCount: isRecord ? 1 : row.records.length,
    });
    this.#sent++;
    lane.send(rowNumber, message);
    if (this.#openRejections.length > 0) this.#acceptRejections();
  }

  /** The next lane in turn that takes a row; undefined if none does, or there is no room. */
  #openLane(): Lane | undefined {
    if (!this.#ledger.hasRoom || this.#isOver) return undefined;
    const lanes = this.#lanes;
    for (let tries = lanes.length; tries > 0; tries--) {
      const lane = lanes[this.#nextLane];
      this.#nextLane = this.#nextLane + 1 < lanes.length ? this.#nextLane + 1 : 0;
      if (lane?.isOpen) return lane;
    }
    return undefined;
  }

  /** Waits until a row is due and a lane takes it; undefined once the run is over. */
  async #untilSendable(dueMs: number): Promise<Lane | undefined> {
    while (!this.#isOver) {
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) {
        await this.#wakeup.wait(Math.min(MAX_SLEEP_MS, earlyMs));
        continue;
      }
      const lane = this.#openLane();
      if (lane !== undefined) return lane;
      await this.#wakeup.wait();
    }
    return undefined;
  }

  async #finishGroup(): Promise<boolean> {
    if (!await this.#sendOpenGroup()) return false;
    this.#acceptRejections();
    await this.emit();
    return true;
  }

  /** Sends the group that no row follows any more. False if it could not be sent. */
  async #sendOpenGroup(): Promise<boolean> {
    const { grouper, pacer } = this.#options;
    const group = grouper?.finish();
    const first = group?.records[0];
    if (group === undefined || first === undefined) return true;
    let dueMs = performance.now();
    try {
      if (pacer !== undefined) dueMs = pacer.dueMs(first, dueMs);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      await this.#rejectRow(group, error);
      return true;
    }
    const lane = await this.#untilSendable(dueMs);
    if (lane === undefined) return false;
    this.#send(lane, group, group.message, dueMs);
    return true;
  }

  /** @throws RowError for a row that ends the input */
  async #rejectRow(row: Row, error: RowError): Promise<void> {
    this.#rejected++;
    if (this.#options.onBadRow === "stop") throw error;
    this.#openRejections.push(rejectionOfRow(row, error));
    this.#checkErrors();
    // Within a group, what is rejected follows the group, so that the rows dealt with have no gap.
    if (this.#options.grouper?.isOpen === true || !await this.#sendOpenGroup()) return;
    while (!this.#ledger.hasRoom && !this.#isOver) await this.#wakeup.wait();
    this.#acceptRejections();
    await this.emit();
  }

  #checkErrors(): void {
    const { maxErrors = Infinity } = this.#options;
    if (this.#rejected <= maxErrors) return;
    this.#inputError = new TabularError(
      `Stopped after ${this.#rejected} rejected rows: --max-errors allows ${maxErrors}`,
    );
  }

  #acceptRejections(): void {
    for (const rejection of this.#openRejections.splice(0)) {
      const { row, line } = rejection;
      const recordCount = recordsOf(row).length;
      const rowNumber = this.#ledger.accept(row, { line, dueMs: 0, recordCount });
      this.#ledger.reject(rowNumber, rejection);
    }
  }

  // What lanes ask for.

  get stopping(): AbortSignal {
    return this.#stopping.signal;
  }

  messageOf(rowNumber: number): Message {
    const row = this.#ledger.row(rowNumber);
    if (row === undefined) throw new Error(`Row ${rowNumber} was not kept`);
    return "message" in row ? row.message : this.#options.mapper.toMessage(row);
  }

  isWaiting(rowNumber: number): boolean {
    return this.#ledger.isWaiting(rowNumber);
  }

  answer(rowNumber: number, answer: Message, nowMs: number): void {
    this.#latency.record(nowMs - this.#ledger.dueMs(rowNumber));
    this.#ledger.answer(rowNumber, answer);
    this.#answered++;
    this.#answers++;
  }

  addAnswers(rowNumber: number, answers: readonly Message[]): void {
    this.#ledger.addAnswers(rowNumber, answers);
    this.#answers += answers.length;
  }

  heldAnswers(rowNumber: number): number {
    return this.#ledger.heldAnswers(rowNumber);
  }

  complete(rowNumber: number, nowMs: number): void {
    this.#latency.record(nowMs - this.#ledger.dueMs(rowNumber));
    this.#ledger.complete(rowNumber);
    this.#answered++;
  }

  takeBack(rowNumber: number): boolean {
    if (this.#ledger.hasBegunToLeave(rowNumber)) return false;
    this.#answers -= this.#ledger.heldAnswers(rowNumber);
    this.#ledger.dropAnswers(rowNumber);
    return true;
  }

  stray(answer: Message): void {
    const { ids } = this.#options;
    if (ids !== undefined) {
      if (this.#strays.count === 0) this.#strays.firstId = ids.answer(answer);
      this.#strays.count++;
      return;
    }
    if (this.#isSingleAnswer) this.#answers++;
    if (!this.#isSingleAnswer || this.#answers > 1) this.#surplus++;
    this.#outlet.addLoose(answer);
  }

  emit(): Promise<void> | undefined {
    return this.#outlet.emit();
  }

  wake(): void {
    this.#wakeup.notify();
  }

  resent(): void {
    this.#resent++;
  }

  untilFirst(rowNumber: number): Promise<void> {
    if (this.#ledger.head >= rowNumber || this.#isOver) return Promise.resolve();
    return new Promise((resolve) => this.#awaitingTurn.set(rowNumber, resolve));
  }

  #giveTurn(): void {
    if (this.#awaitingTurn.size === 0) return;
    const go = this.#awaitingTurn.get(this.#ledger.head);
    this.#awaitingTurn.delete(this.#ledger.head);
    go?.();
  }

  fail(rowNumber: number, status: CallStatus): void {
    const row = this.#ledger.row(rowNumber);
    // What is behind the row that ended the run was given up, and not found wanting.
    if (row === undefined || rowNumber > (this.#failedRow?.rowNumber ?? Infinity)) return;
    const isOfServer = isRetryable(status) || status.code === Status.UNIMPLEMENTED ||
      status.code === Status.UNAUTHENTICATED;
    if (this.#options.onBadRow === "skip" && !isOfServer && !this.#options.stop.aborted) {
      this.#rejected++;
      this.#refused++;
      this.#ledger.reject(rowNumber, rejectionOfCall(row, status));
      this.#checkErrors();
    } else {
      this.#failedRow = { rowNumber, status, line: firstRecord(row)?.line ?? 0 };
      for (const lane of this.#lanes) {
        if (lane instanceof CallLane) lane.cancelAfter(rowNumber, "An earlier row has failed");
      }
      for (const go of this.#awaitingTurn.values()) go();
    }
    this.wake();
    // A row that is left out ends nothing: the input may be waiting for its next one.
    if (this.#isOver) this.#source?.leave();
  }
}
