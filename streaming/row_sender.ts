import { Status } from "../rpc/mod.ts";
import { type CsvRecord, type Message, PlainLines, RowError } from "../tabular/mod.ts";
import { BatchSource } from "./batch_source.ts";
import type { EncodedRows } from "./encoded_rows.ts";
import type { Lane } from "./lane.ts";
import type { Ledger } from "./ledger.ts";
import type { Outlet } from "./outlet.ts";
import { type Rejection, rejectionOfRow } from "./rejection.ts";
import { firstRecord, recordsOf, type Row } from "./row.ts";
import type { RunProgress } from "./run_progress.ts";
import type { StreamRowsOptions } from "./stream_options.ts";
import type { Wakeup } from "./wakeup.ts";

/** Rows that share one look at the clock: they leave in the same turn. */
const ROWS_PER_LOOK = 16;
/** How long an input may take to say that it has ended, once the server has answered all and left. */
const LAST_WORD_MS = 250;
/** The longest wait of one timer, in ms. */
const MAX_SLEEP_MS = 3_600_000;

/** What a sender is made of. */
export interface RowSenderOptions {
  readonly run: StreamRowsOptions;
  readonly progress: RunProgress;
  readonly ledger: Ledger;
  readonly lanes: readonly Lane[];
  readonly outlet: Outlet;
  /** Told when a row may be sent. */
  readonly wakeup: Wakeup;
  /** Whether rows are kept in the ledger, as somebody may ask for them. */
  readonly keepsRows: boolean;
  /** True once no more rows are to be read. */
  readonly isOver: () => boolean;
}

/** Reads rows and sends them, held back by the calls, by the answers that are due, and by the schedule. */
export class RowSender {
  readonly #options: RowSenderOptions;
  readonly #run: StreamRowsOptions;
  readonly #progress: RunProgress;
  readonly #ledger: Ledger;
  readonly #isSingleAnswer: boolean;
  /** Rejections of rows of a group that is still open: they follow it. */
  #openRejections: Rejection[] = [];
  #nextLane = 0;
  #source: BatchSource<CsvRecord[] | PlainLines> | undefined;

  constructor(options: RowSenderOptions) {
    this.#options = options;
    this.#run = options.run;
    this.#progress = options.progress;
    this.#ledger = options.ledger;
    this.#isSingleAnswer = options.run.kind === "client_streaming";
  }

  /** Sends all rows, or those up to the end of the run. @throws what the input throws, RowError for a row that ends it */
  async sendAll(batches: AsyncIterable<CsvRecord[] | PlainLines>): Promise<void> {
    const source = new BatchSource(batches);
    const progress = this.#progress;
    const { isOver } = this.#options;
    this.#source = source;
    try {
      while (!isOver()) {
        const step = await source.next();
        if (step === undefined) break;
        if (step.done) {
          progress.inputEnded = await this.#finishGroup();
          return;
        }
        if (isOver()) progress.hasUnsent = true;
        else if (step.value instanceof PlainLines) await this.#sendLines(step.value);
        else await this.#sendBatch(step.value);
      }
      // The server may have ended the call well while the end of the input was on its way.
      if (this.#hasEndedWell) progress.inputEnded = await source.isAtEnd(LAST_WORD_MS);
    } finally {
      source.close();
    }
  }

  /** Ends the wait for rows. */
  leave(): void {
    this.#source?.leave();
  }

  /** The rejections that no row follows any more. */
  takeRejections(): Rejection[] {
    return this.#openRejections.splice(0);
  }

  /** True if the server has ended the call well, with an answer to all that it was sent. */
  get #hasEndedWell(): boolean {
    const { laneStatus, hasUnsent, inputError } = this.#progress;
    return laneStatus?.code === Status.OK && this.#ledger.waiting === 0 && !hasUnsent &&
      !this.#run.stop.aborted && this.#options.outlet.failure === undefined &&
      inputError === undefined;
  }

  /** The hot path: a promise only where the call, the answers or the schedule hold the rows back. */
  async #sendBatch(batch: readonly CsvRecord[]): Promise<void> {
    const { grouper, mapper, pacer } = this.#run;
    const { isOver } = this.#options;
    let nowMs = performance.now();
    let sinceLook = 0;
    for (const record of batch) {
      this.#progress.read++;
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
        if (!isOver()) continue;
        this.#progress.hasUnsent = true;
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
          this.#progress.hasUnsent = true;
          return;
        }
        nowMs = performance.now();
        sinceLook = 0;
      }
      this.#send(lane, row, message, pacer === undefined ? nowMs : dueMs);
    }
  }

  /** The fast path: some rows at a time, and no object for any of them. What does not fit it goes the other way. */
  async #sendLines(lines: PlainLines): Promise<void> {
    const { encodedRows } = this.#run;
    while (encodedRows !== undefined && lines.position < lines.octets.length) {
      const lane = this.#openLane() ?? await this.#untilSendable(0);
      // Also once the run is over: the other way finds out whether rows are left.
      const out = lane?.encodedOutput;
      if (lane === undefined || out === undefined) break;
      const nowMs = performance.now();
      const stop = encodedRows.encode(lines, out, this.#ledger.room);
      if (encodedRows.count > 0) this.#sendEncoded(lane, lines, { encodedRows, nowMs });
      if (stop === "rest") break;
      if (stop === "limit") continue;
      await this.#sendBatch([encodedRows.takeRecord(lines)]);
      if (this.#progress.hasUnsent) return;
    }
    await this.#sendBatch(lines.rest());
  }

  #sendEncoded(
    lane: Lane,
    lines: PlainLines,
    { encodedRows, nowMs }: { readonly encodedRows: EncodedRows; readonly nowMs: number },
  ): void {
    const { count } = encodedRows;
    this.#progress.read += count;
    this.#progress.sent += count;
    const firstRow = this.#ledger.next;
    if (!this.#isSingleAnswer) {
      const { keepsRows } = this.#options;
      for (let place = 0; place < count; place++) {
        const row = keepsRows ? encodedRows.record(lines, place) : undefined;
        const line = encodedRows.lines[place];
        this.#ledger.accept(row, { line, dueMs: nowMs, recordCount: 1 });
      }
    }
    lane.sentEncoded?.({ firstRow, count });
  }

  #send(lane: Lane, row: Row, message: Message, dueMs: number): void {
    if (this.#isSingleAnswer) {
      lane.send(-1, message);
      this.#progress.sent++;
      return;
    }
    const isRecord = "cells" in row;
    const rowNumber = this.#ledger.accept(this.#options.keepsRows ? row : undefined, {
      line: isRecord ? row.line : row.records[0]?.line ?? 0,
      dueMs,
      recordCount: isRecord ? 1 : row.records.length,
    });
    this.#progress.sent++;
    lane.send(rowNumber, message);
    if (this.#openRejections.length > 0) this.#acceptRejections();
  }

  /** The next lane in turn that takes a row; undefined if none does, or there is no room. */
  #openLane(): Lane | undefined {
    const { lanes, isOver } = this.#options;
    if (!this.#ledger.hasRoom || isOver()) return undefined;
    for (let tries = lanes.length; tries > 0; tries--) {
      const lane = lanes[this.#nextLane];
      this.#nextLane = this.#nextLane + 1 < lanes.length ? this.#nextLane + 1 : 0;
      if (lane?.isOpen) return lane;
    }
    return undefined;
  }

  /** Waits until a row is due and a lane takes it; undefined once the run is over. */
  async #untilSendable(dueMs: number): Promise<Lane | undefined> {
    const { wakeup, isOver } = this.#options;
    while (!isOver()) {
      const earlyMs = dueMs - performance.now();
      if (earlyMs > 0) {
        await wakeup.wait(Math.min(MAX_SLEEP_MS, earlyMs));
        continue;
      }
      const lane = this.#openLane();
      if (lane !== undefined) return lane;
      await wakeup.wait();
    }
    return undefined;
  }

  async #finishGroup(): Promise<boolean> {
    if (!await this.#sendOpenGroup()) return false;
    this.#acceptRejections();
    await this.#options.outlet.emit();
    return true;
  }

  /** Sends the group that no row follows any more. False if it could not be sent. */
  async #sendOpenGroup(): Promise<boolean> {
    const { grouper, pacer } = this.#run;
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
    const { outlet, wakeup, isOver } = this.#options;
    this.#progress.rejected++;
    if (this.#run.onBadRow === "stop") throw error;
    this.#openRejections.push(rejectionOfRow(row, error));
    this.#progress.checkErrors(this.#run.maxErrors);
    // Within a group, what is rejected follows the group, so that the rows dealt with have no gap.
    if (this.#run.grouper?.isOpen === true || !await this.#sendOpenGroup()) return;
    while (!this.#ledger.hasRoom && !isOver()) await wakeup.wait();
    this.#acceptRejections();
    await outlet.emit();
  }

  #acceptRejections(): void {
    for (const rejection of this.takeRejections()) {
      const { row, line } = rejection;
      const recordCount = recordsOf(row).length;
      const rowNumber = this.#ledger.accept(row, { line, dueMs: 0, recordCount });
      this.#ledger.reject(rowNumber, rejection);
    }
  }
}
