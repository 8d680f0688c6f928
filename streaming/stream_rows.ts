import type { CallStatus, ClientCall } from "../rpc/mod.ts";
import { type CsvRecord, type Message, RowError, type RowMapper } from "../tabular/mod.ts";
import { InFlight } from "./in_flight.ts";
import { LatencyRecorder, type LatencySummary } from "./latency.ts";

/** A call whose messages are plain objects, as the schema layer encodes them. */
export type RowCall = ClientCall<Message, Message>;

/** How rows are sent through a call. */
export interface StreamRowsOptions {
  readonly mapper: RowMapper;
  /** Rows sent and not answered, at most. */
  readonly maxInFlight: number;
  /** One answer for all rows, instead of one for each. */
  readonly isSingleAnswer: boolean;
  /** A row that does not fit the message: `stop` ends the input before it, `skip` leaves it out. */
  readonly onBadRow: "stop" | "skip";
  /** Told of each row that is left out. */
  readonly onSkip: (error: RowError) => void;
  /**
   * Takes answers as they arrive, with the rows they belong to: fewer than answers if the server sends too many, none
   * with `isSingleAnswer`. A promise holds the next ones back.
   */
  readonly onAnswers: (
    answers: readonly Message[],
    rows: readonly CsvRecord[],
  ) => Promise<void> | undefined;
  /** Stops reading rows; those sent are still waited for, for `drainMs`. */
  readonly stop: AbortSignal;
  readonly drainMs: number;
}

/** What became of the rows. */
export interface StreamSummary {
  readonly read: number;
  readonly sent: number;
  readonly answered: number;
  readonly rejected: number;
  /** Answers beyond the rows. */
  readonly surplus: number;
  readonly durationMs: number;
  readonly latency: LatencySummary | undefined;
  readonly status: CallStatus;
  /** What ended the input early: a bad row, an unreadable file. The rows before it were sent. */
  readonly inputError: unknown;
}

/** Answers that are handed on at one time. */
const BATCH_MESSAGES = 1024;

/**
 * Sends rows through a call that streams, and joins the answers to them in order.
 *
 * Both directions run at once, held back by each other: no more than `maxInFlight` rows wait for their answers. The
 * call ends before this returns, and nothing that happens to it is thrown.
 */
export async function streamRows(
  call: RowCall,
  batches: AsyncIterable<CsvRecord[]>,
  options: StreamRowsOptions,
): Promise<StreamSummary> {
  const run = new RowStream(call, options);
  return await run.run(batches);
}

class RowStream {
  readonly #call: RowCall;
  readonly #options: StreamRowsOptions;
  readonly #inFlight: InFlight;
  readonly #latency = new LatencyRecorder();
  #read = 0;
  #sent = 0;
  #answered = 0;
  #rejected = 0;
  #surplus = 0;
  #inputError: unknown;
  #outputError: unknown;
  /** Ends the wait for the next batch. One slot, so that an endless input leaves nothing behind. */
  #leaveSource: () => void = () => {};

  constructor(call: RowCall, options: StreamRowsOptions) {
    this.#call = call;
    this.#options = options;
    // With one answer for all rows, the call's own window is what holds rows back.
    this.#inFlight = new InFlight(options.isSingleAnswer ? Infinity : options.maxInFlight);
  }

  async run(batches: AsyncIterable<CsvRecord[]>): Promise<StreamSummary> {
    const startedMs = performance.now();
    const stopDrain = this.#limitDrain();
    this.#call.status.then(() => this.#leaveSource());
    const receiving = this.#receiveAll();
    try {
      await this.#sendAll(batches);
    } catch (error) {
      this.#inputError = error;
    }
    this.#call.end();
    await receiving;
    stopDrain();
    const status = await this.#call.status;
    if (this.#outputError !== undefined) throw this.#outputError;
    return {
      read: this.#read,
      sent: this.#sent,
      answered: this.#answered,
      rejected: this.#rejected,
      surplus: this.#surplus,
      durationMs: performance.now() - startedMs,
      latency: this.#latency.summarize(),
      status,
      inputError: this.#inputError,
    };
  }

  /** After a stop, the server gets a moment to answer what it was sent. */
  #limitDrain(): () => void {
    const { stop, drainMs } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const onStop = () => {
      this.#inFlight.close();
      this.#leaveSource();
      timer = setTimeout(() => this.#call.cancel("Interrupted"), drainMs);
    };
    if (stop.aborted) onStop();
    else stop.addEventListener("abort", onStop, { once: true });
    return () => {
      stop.removeEventListener("abort", onStop);
      clearTimeout(timer);
    };
  }

  get #isOver(): boolean {
    return this.#call.isDone || this.#options.stop.aborted;
  }

  async #sendAll(batches: AsyncIterable<CsvRecord[]>): Promise<void> {
    const iterator = batches[Symbol.asyncIterator]();
    while (!this.#isOver) {
      const step = await this.#untilOver(iterator.next());
      if (step?.done) return;
      if (step === undefined) {
        // Not awaited: a source that waits for its next row may not hear of it.
        iterator.return?.().catch(() => {});
        return;
      }
      try {
        await this.#sendBatch(step.value);
      } catch (error) {
        await iterator.return?.();
        throw error;
      }
    }
    await iterator.return?.();
  }

  /** The hot path: a promise only where the call or the answers hold the rows back. */
  async #sendBatch(batch: readonly CsvRecord[]): Promise<void> {
    for (const record of batch) {
      this.#read++;
      const message = this.#toMessage(record);
      if (message === undefined) continue;
      while (this.#inFlight.isFull && !this.#isOver) await this.#inFlight.room();
      if (this.#isOver) return;
      if (!this.#options.isSingleAnswer) this.#inFlight.push(record, performance.now());
      this.#sent++;
      if (!this.#call.send(message)) await this.#call.ready().catch(() => {});
    }
  }

  /** Undefined for a row that is left out. @throws RowError */
  #toMessage(record: CsvRecord): Message | undefined {
    try {
      return this.#options.mapper.toMessage(record);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      this.#rejected++;
      if (this.#options.onBadRow === "stop") throw error;
      this.#options.onSkip(error);
      return undefined;
    }
  }

  async #receiveAll(): Promise<void> {
    try {
      for (;;) {
        const answers = await this.#call.responses.nextBatch(BATCH_MESSAGES);
        if (answers.length === 0) break;
        const patience = this.#options.onAnswers(answers, this.#join(answers));
        if (patience !== undefined) await patience;
      }
      if (this.#options.isSingleAnswer) this.#answered = this.#sent;
    } catch (error) {
      // A failed call says so in its status; any other error is the output's, or an answer that cannot be read.
      if (!this.#call.isDone) {
        this.#outputError = error;
        this.#call.cancel("The answers could not be written");
      }
    }
    this.#inFlight.close();
  }

  #join(answers: readonly Message[]): CsvRecord[] {
    if (this.#options.isSingleAnswer) return [];
    const now = performance.now();
    const records: CsvRecord[] = [];
    while (records.length < answers.length) {
      const row = this.#inFlight.shift();
      if (row === undefined) break;
      this.#latency.record(now - row.sentAtMs);
      records.push(row.record);
    }
    this.#answered += records.length;
    this.#surplus += answers.length - records.length;
    return records;
  }

  /** The next batch, or undefined once the call has ended or a stop was asked for, however long the source waits. */
  #untilOver<Value>(next: Promise<Value>): Promise<Value | undefined> {
    return new Promise((resolve, reject) => {
      this.#leaveSource = () => resolve(undefined);
      next.then(resolve, reject);
    });
  }
}
