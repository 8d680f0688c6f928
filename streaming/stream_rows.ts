import { type CallStatus, RpcError, Status } from "../rpc/mod.ts";
import { type CsvRecord, type Message, RowError, type RowMapper } from "../tabular/mod.ts";
import { InFlight } from "./in_flight.ts";
import { LatencyRecorder, type LatencySummary } from "./latency.ts";

/** What is needed of a `ClientCall` whose messages are plain objects, as the schema layer encodes them. */
export interface RowCall {
  /** True once the call has its status. */
  readonly isDone: boolean;
  /** Never rejects. */
  readonly status: Promise<CallStatus>;
  readonly responses: {
    /** Waits for the first; empty at the end. @throws RpcError */
    nextBatch(limit: number): Promise<Message[]>;
  };
  /** False when the next one should wait for `ready()`. */
  send(message: Message): boolean;
  /** Rejects if the call ends first. */
  ready(): Promise<void>;
  end(): void;
  cancel(message?: string): void;
}

/** How rows are sent through a call. */
export interface StreamRowsOptions {
  readonly mapper: RowMapper;
  /** Rows sent and not answered, at most. */
  readonly maxInFlight: number;
  /** One answer for all rows, instead of one for each. */
  readonly isSingleAnswer: boolean;
  /** A row that does not fit the message: `stop` ends the input before it, `skip` leaves it out. */
  readonly onBadRow: "stop" | "skip";
  /** Told of each row that is left out. A promise holds the next ones back. */
  readonly onSkip: (error: RowError) => Promise<void> | undefined;
  /**
   * Takes answers as they arrive, with the rows they belong to: fewer than answers if the server sends too many, none
   * with `isSingleAnswer`. A promise holds the next ones back.
   */
  readonly onAnswers: (
    answers: readonly Message[],
    rows: readonly CsvRecord[],
  ) => Promise<void> | undefined;
  /**
   * Told once if, for `stallMs`, rows wait for room and no answer comes: a server that does not answer every row needs
   * a larger `maxInFlight`.
   */
  readonly onStall?: (unanswered: number) => void;
  /** Default 10,000. */
  readonly stallMs?: number;
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
  /** How the call ended; not OK, too, if an answer could not be read. */
  readonly status: CallStatus;
  /** False if there may be rows that nobody read, because the call, a stop or an error was the end. */
  readonly inputEnded: boolean;
  /** What ended the input early: a bad row, an unreadable file. The rows before it were sent. */
  readonly inputError: unknown;
}

/** Answers that are handed on at one time. */
const BATCH_MESSAGES = 1024;
const DEFAULT_STALL_MS = 5_000;

/**
 * Sends rows through a call that streams, and joins the answers to them in order.
 *
 * Both directions run at once, held back by each other: no more than `maxInFlight` rows wait for their answers. The
 * call ends before this returns, and what happens to it or to the input is in the summary.
 *
 * @throws what `onAnswers` throws; the call is cancelled then.
 */
export async function streamRows(
  call: RowCall,
  batches: AsyncIterable<CsvRecord[]>,
  options: StreamRowsOptions,
): Promise<StreamSummary> {
  const stream = new RowStream(call, options);
  return await stream.run(batches);
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
  #answers = 0;
  #inputEnded = false;
  #inputError: unknown;
  #readFailure: RpcError | undefined;
  #outputFailure: { readonly error: unknown } | undefined;
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
    const stopWatch = this.#watchForStall();
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
    stopWatch();
    const status = await this.#call.status;
    if (this.#outputFailure !== undefined) throw this.#outputFailure.error;
    const failure = this.#readFailure;
    const { isSingleAnswer } = this.#options;
    return {
      read: this.#read,
      sent: this.#sent,
      answered: isSingleAnswer && this.#answers > 0 ? this.#sent : this.#answered,
      rejected: this.#rejected,
      surplus: Math.max(0, this.#answers - (isSingleAnswer ? 1 : this.#answered)),
      durationMs: performance.now() - startedMs,
      latency: this.#latency.summarize(),
      status: failure === undefined
        ? status
        : { ...status, code: failure.code, message: failure.message },
      inputEnded: this.#inputEnded,
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

  #watchForStall(): () => void {
    const { onStall, stallMs = DEFAULT_STALL_MS } = this.#options;
    let answeredBefore = -1;
    const timer = setInterval(() => {
      const isStalled = this.#inFlight.isFull && this.#answered === answeredBefore;
      answeredBefore = this.#answered;
      if (!isStalled) return;
      clearInterval(timer);
      onStall?.(this.#inFlight.count);
    }, stallMs);
    return () => clearInterval(timer);
  }

  get #isOver(): boolean {
    return this.#call.isDone || this.#options.stop.aborted;
  }

  async #sendAll(batches: AsyncIterable<CsvRecord[]>): Promise<void> {
    const iterator = batches[Symbol.asyncIterator]();
    try {
      while (!this.#isOver) {
        const step = await this.#untilOver(iterator.next());
        if (step === undefined) return;
        if (step.done) {
          this.#inputEnded = true;
          return;
        }
        await this.#sendBatch(step.value);
      }
    } finally {
      // Not awaited: a source that waits for its next row hears of it only when that has come.
      iterator.return?.().catch(() => {});
    }
  }

  /** The hot path: a promise only where the call or the answers hold the rows back. */
  async #sendBatch(batch: readonly CsvRecord[]): Promise<void> {
    for (const record of batch) {
      this.#read++;
      const message = this.#toMessage(record);
      if (message instanceof RowError) {
        const patience = this.#options.onSkip(message);
        if (patience !== undefined) await patience;
        continue;
      }
      while (this.#inFlight.isFull && !this.#isOver) await this.#inFlight.room();
      if (this.#isOver) return;
      if (!this.#options.isSingleAnswer) this.#inFlight.push(record, performance.now());
      this.#sent++;
      if (!this.#call.send(message)) await this.#call.ready().catch(() => {});
    }
  }

  /** An error for a row that is left out. @throws RowError for one that ends the input */
  #toMessage(record: CsvRecord): Message | RowError {
    try {
      return this.#options.mapper.toMessage(record);
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      this.#rejected++;
      if (this.#options.onBadRow === "stop") throw error;
      return error;
    }
  }

  /** Never rejects: a failure is kept for the end. */
  async #receiveAll(): Promise<void> {
    for (;;) {
      const answers = await this.#nextAnswers();
      if (answers.length === 0) break;
      try {
        const patience = this.#options.onAnswers(answers, this.#join(answers));
        if (patience !== undefined) await patience;
      } catch (error) {
        this.#outputFailure = { error };
        this.#call.cancel("The answers could not be written");
        break;
      }
    }
    this.#inFlight.close();
  }

  /** Empty at the end of the call, however it ended. */
  async #nextAnswers(): Promise<readonly Message[]> {
    try {
      return await this.#call.responses.nextBatch(BATCH_MESSAGES);
    } catch (error) {
      this.#readFailure = error instanceof RpcError
        ? error
        : new RpcError(Status.INTERNAL, "The answers could not be read", { cause: error });
      // The call may not know of it: it is an answer that cannot be read.
      this.#call.cancel();
      return [];
    }
  }

  #join(answers: readonly Message[]): CsvRecord[] {
    this.#answers += answers.length;
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
