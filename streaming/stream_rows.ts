import { Metadata, Status } from "../rpc/mod.ts";
import type { CsvRecord, PlainLines } from "../tabular/mod.ts";
import { AnswerDesk } from "./answer_desk.ts";
import { IdJoin, OrderJoin } from "./answer_join.ts";
import { CallLane } from "./call_lane.ts";
import type { Lane, RowCall } from "./lane.ts";
import { LatencyRecorder } from "./latency.ts";
import { Ledger } from "./ledger.ts";
import { Outlet } from "./outlet.ts";
import { Retries } from "./retries.ts";
import { RowSender } from "./row_sender.ts";
import { RunProgress } from "./run_progress.ts";
import { onStall, onStop } from "./run_timers.ts";
import { StreamLane } from "./stream_lane.ts";
import type { StreamCounts, StreamRowsOptions, StreamSummary } from "./stream_options.ts";
import { Wakeup } from "./wakeup.ts";

const DEFAULT_STALL_MS = 5_000;
/** Answers that wait for those of earlier rows are at most as many as this, or as the rows in flight. */
const MIN_SPAN_ROWS = 4096;
/** With retries, so many answers of a row are held back until the last has come: none is written twice. */
const HELD_FOR_RETRY = 10_000;

/** What a run reads: records, or lines as they are where `StreamRowsOptions.encodedRows` reads them. */
export type RowBatches = AsyncIterable<CsvRecord[] | PlainLines>;

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
  batches: RowBatches,
  options: StreamRowsOptions,
): Promise<StreamSummary> {
  return await new RowRun(options).run(batches);
}

/** One run, whose counts can be looked at while it goes on. */
export class RowRun {
  readonly #options: StreamRowsOptions;
  readonly #progress = new RunProgress();
  readonly #ledger: Ledger;
  readonly #lanes: readonly Lane[];
  readonly #latency = new LatencyRecorder();
  readonly #outlet: Outlet;
  readonly #desk: AnswerDesk;
  readonly #sender: RowSender;
  readonly #wakeup = new Wakeup();
  readonly #stopping = new AbortController();

  constructor(options: StreamRowsOptions) {
    this.#options = options;
    const { kind, maxInFlight, retry = { limit: 0 } } = options;
    const isPerCall = kind === "unary" || kind === "server_streaming";
    this.#ledger = new Ledger({
      maxWaiting: maxInFlight,
      maxSpan: Math.max(maxInFlight, MIN_SPAN_ROWS),
    });
    this.#outlet = this.#createOutlet();
    this.#desk = this.#createDesk();
    this.#lanes = options.openCalls.map((openCall) => this.#createLane(openCall));
    this.#sender = new RowSender({
      run: options,
      progress: this.#progress,
      ledger: this.#ledger,
      lanes: this.#lanes,
      outlet: this.#outlet,
      wakeup: this.#wakeup,
      keepsRows: (options.wantsRows ?? true) || retry.limit > 0 || isPerCall,
      isOver: () => this.#isOver,
    });
  }

  get counts(): StreamCounts {
    const { read, sent, answered, rejected } = this.#progress;
    const inFlight = this.#ledger.waiting;
    return { read, sent, answered, rejected, inFlight, latency: this.#latency.summarize() };
  }

  async run(batches: RowBatches): Promise<StreamSummary> {
    const startedMs = performance.now();
    const stopDrain = this.#limitDrain();
    const stopWatch = this.#watchForStall();
    const lanes = this.#lanes.map((lane) => lane.run().then((status) => this.#endLane(status)));
    try {
      await this.#sender.sendAll(batches);
    } catch (error) {
      this.#progress.inputError ??= error;
    }
    for (const lane of this.#lanes) lane.end();
    await Promise.all(lanes);
    stopDrain();
    stopWatch();
    await this.#outlet.emitRest(this.#sender.takeRejections());
    if (this.#outlet.failure !== undefined) throw this.#outlet.failure.error;
    return this.#summarize(performance.now() - startedMs);
  }

  #summarize(durationMs: number): StreamSummary {
    const { read, sent, answered, answers, rejected, refused, surplus, strays, resent } =
      this.#progress;
    const { failedRow, laneStatus, inputEnded, inputError } = this.#progress;
    const isAnswered = this.#options.kind === "client_streaming" && answers > 0;
    return {
      read,
      sent,
      answered: isAnswered ? sent : answered,
      answers,
      rejected,
      refused,
      surplus,
      strays,
      resent,
      firstUnansweredLine: this.#ledger.firstWaitingLine(),
      durationMs,
      latency: this.#latency.summarize(),
      status: failedRow?.status ?? laneStatus ??
        { code: Status.OK, message: "", trailers: new Metadata() },
      failedLine: failedRow?.line,
      inputEnded,
      inputError,
    };
  }

  #createOutlet(): Outlet {
    const { kind, wantsRows = true, onOutcome, retry = { limit: 0 } } = this.#options;
    return new Outlet({
      ledger: this.#ledger,
      early: kind !== "server_streaming" ? Infinity : retry.limit > 0 ? HELD_FOR_RETRY : 1,
      wantsRows,
      onOutcome,
      onLeave: () => {
        this.#desk.giveTurn();
        this.#wakeup.notify();
      },
      onFailure: () => {
        this.#cancel("The answers could not be written");
        this.#wakeSender();
      },
    });
  }

  #createDesk(): AnswerDesk {
    return new AnswerDesk({
      run: this.#options,
      progress: this.#progress,
      ledger: this.#ledger,
      outlet: this.#outlet,
      latency: this.#latency,
      stopping: this.#stopping.signal,
      isOver: () => this.#isOver,
      wake: () => this.#wakeup.notify(),
      onFailedRow: (rowNumber) => {
        for (const lane of this.#lanes) {
          if (lane instanceof CallLane) lane.cancelAfter(rowNumber, "An earlier row has failed");
        }
      },
      onFailure: () => {
        this.#wakeup.notify();
        // A row that is left out ends nothing: the input may be waiting for its next one.
        if (this.#isOver) this.#sender.leave();
      },
    });
  }

  #createLane(openCall: () => RowCall): Lane {
    const { kind, path, ids, retry = { limit: 0 } } = this.#options;
    const retries = new Retries(retry);
    const host = this.#desk;
    if (kind === "unary" || kind === "server_streaming") {
      return new CallLane({ openCall, isUnary: kind === "unary", path, retries, host });
    }
    const order = ids === undefined ? new OrderJoin() : new IdJoin(ids.request, ids.answer);
    const join = kind === "client_streaming" ? undefined : order;
    return new StreamLane({ openCall, join, retries, host });
  }

  /** A lane that is over before the input is, or that failed, ends the run. */
  #endLane(status: Awaited<ReturnType<Lane["run"]>>): void {
    const progress = this.#progress;
    progress.lanesOver++;
    if (progress.laneStatus === undefined || progress.laneStatus.code === Status.OK) {
      progress.laneStatus = status;
    }
    this.#wakeSender();
  }

  #wakeSender(): void {
    this.#wakeup.notify();
    this.#sender.leave();
  }

  /** After a stop, the server gets a moment to answer what it was sent. */
  #limitDrain(): () => void {
    const { stop, drainMs } = this.#options;
    return onStop(stop, drainMs, {
      stopped: () => {
        this.#stopping.abort();
        this.#wakeSender();
      },
      drained: () => this.#cancel("Interrupted"),
    });
  }

  #cancel(reason: string): void {
    for (const lane of this.#lanes) lane.cancel(reason);
    this.#desk.giveTurns();
  }

  #watchForStall(): () => void {
    const { stallMs = DEFAULT_STALL_MS } = this.#options;
    // A lane that waits to try again has a server that is gone, not one that does not answer.
    const isFull = () => !this.#ledger.hasRoom && this.#lanes.some(({ isOpen }) => isOpen);
    return onStall(
      stallMs,
      () => ({ isFull: isFull(), progress: this.#progress.answered }),
      () => this.#options.onStall?.(this.#ledger.waiting),
    );
  }

  /** True once no more rows are to be read. */
  get #isOver(): boolean {
    const { lanesOver, failedRow, inputError } = this.#progress;
    return lanesOver > 0 || failedRow !== undefined || this.#options.stop.aborted ||
      this.#outlet.failure !== undefined || inputError !== undefined;
  }
}
