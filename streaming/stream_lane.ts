import { wait } from "../rpc/abortable.ts";
import { type CallStatus, Metadata, RpcError, Status } from "../rpc/mod.ts";
import { type Message, type OctetSink, WrittenAnswers } from "../tabular/mod.ts";
import type { AnswerJoin } from "./answer_join.ts";
import type { Lane, LaneHost, RowCall, RowRange } from "./lane.ts";
import type { Retries } from "./retries.ts";

/** Answers that are handed on at one time. */
const BATCH_MESSAGES = 1024;

/** What a `StreamLane` is made of. */
export interface StreamLaneOptions {
  /** Makes the call: at the start, and after each failure. */
  readonly openCall: () => RowCall;
  /** Undefined if one answer is for all rows. */
  readonly join: AnswerJoin | undefined;
  readonly retries: Retries;
  readonly host: LaneHost;
}

/** Rows on one call that streams both ways, or only there: after a failure, the unanswered ones go out on a new call. */
export class StreamLane implements Lane {
  readonly #options: StreamLaneOptions;
  #call: RowCall;
  /** False while the call takes no row: its window is full, rows are being sent again, or it is over. */
  #isOpen = true;
  #ended = false;
  /** Rows sent on this call that are not answered: an answer beyond them belongs to none. */
  #outstanding = 0;
  /** The last row that this call was given. */
  #lastRow = -1;
  /** The last row that a call was given which had a connection: those up to it were sent. */
  #lastSentRow = -1;
  /** Rows sent on this call that had been sent before. */
  #resent = 0;
  #isCancelled = false;
  /** While the call's window is full. */
  #isFull = false;

  constructor(options: StreamLaneOptions) {
    this.#options = options;
    this.#call = options.openCall();
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#call.isDone;
  }

  send(rowNumber: number, message: Message): void {
    this.#options.join?.push(rowNumber, message);
    this.#outstanding++;
    this.#lastRow = rowNumber;
    if (!this.#call.send(message)) this.#awaitRoom(this.#call);
  }

  get encodedOutput(): OctetSink | undefined {
    return this.#call.encodedOutput;
  }

  sentEncoded({ firstRow, count }: RowRange): void {
    this.#options.join?.pushRange?.(firstRow, count);
    this.#outstanding += count;
    this.#lastRow = firstRow + count - 1;
    if (this.#call.sentEncoded?.(count) === false) this.#awaitRoom(this.#call);
  }

  end(): void {
    this.#ended = true;
    // While rows are being sent again, the end comes after them.
    if (this.#isOpen || this.#isFull) this.#call.end();
  }

  cancel(reason: string): void {
    this.#isCancelled = true;
    this.#call.cancel(reason);
  }

  async run(): Promise<CallStatus> {
    const { host, join, retries } = this.#options;
    for (;;) {
      const status = await this.#receiveAll();
      this.#countResent();
      this.#isOpen = false;
      this.#isFull = false;
      host.wake();
      if (status.code === Status.OK || join === undefined || this.#isCancelled) return status;
      if (host.stopping.aborted) return status;
      if (this.#ended && join.size === 0 && retries.isWorthwhile(status)) {
        // All answers are there; that the server went before it could say so changes nothing.
        return { code: Status.OK, message: "", trailers: new Metadata() };
      }
      const waitMs = retries.next(status);
      if (waitMs === undefined) return status;
      try {
        await wait(waitMs, host.stopping);
      } catch {
        return status;
      }
      this.#call = this.#options.openCall();
      this.#resend(this.#call, join.waiting());
    }
  }

  /** Reads answers to the end of the call. */
  async #receiveAll(): Promise<CallStatus> {
    const call = this.#call;
    const { host, retries } = this.#options;
    let failure: RpcError | undefined;
    for (;;) {
      let answers: readonly (Message | WrittenAnswers)[];
      try {
        answers = await call.responses.nextBatch(BATCH_MESSAGES);
      } catch (error) {
        failure = error instanceof RpcError
          ? error
          : new RpcError(Status.INTERNAL, "The answers could not be read", { cause: error });
        // The call may not know of it: it is an answer that cannot be read.
        call.cancel();
        break;
      }
      if (answers.length === 0) break;
      retries.progress();
      this.#take(answers);
      const patience = host.emit();
      if (patience !== undefined) await patience;
    }
    const status = await call.status;
    return failure === undefined
      ? status
      : { ...status, code: failure.code, message: failure.message };
  }

  #take(answers: readonly (Message | WrittenAnswers)[]): void {
    const { host, join } = this.#options;
    const nowMs = performance.now();
    for (let place = 0; place < answers.length; place++) {
      const answer = answers[place];
      if (answer instanceof WrittenAnswers) {
        place += this.#takeWritten(answer, answers, { place, nowMs }) - 1;
        continue;
      }
      const rowNumber = this.#outstanding > 0 ? join?.take(answer) : undefined;
      if (rowNumber === undefined) {
        host.stray(answer);
        continue;
      }
      this.#outstanding--;
      host.answer(rowNumber, answer, nowMs);
    }
    host.wake();
  }

  /** The fast path: answers of rows that follow each other, as one text. Returns how many. */
  #takeWritten(
    written: WrittenAnswers,
    answers: readonly unknown[],
    { place, nowMs }: { readonly place: number; readonly nowMs: number },
  ): number {
    const { host, join } = this.#options;
    const firstRow = this.#outstanding > 0 ? join?.takeNext?.() : undefined;
    if (join?.takeNext === undefined || firstRow === undefined) {
      host.stray(written.take(1));
      return 1;
    }
    this.#outstanding--;
    let count = 1;
    while (
      this.#outstanding > 0 && answers[place + count] === written &&
      join.next === firstRow + count
    ) {
      join.takeNext();
      this.#outstanding--;
      count++;
    }
    host.answerRange({ firstRow, count }, written.take(count), nowMs);
    return count;
  }

  async #awaitRoom(call: RowCall): Promise<void> {
    this.#isOpen = false;
    this.#isFull = true;
    try {
      await call.ready();
    } catch {
      // The call is over, and says so itself.
      return;
    } finally {
      if (this.#call === call) this.#isFull = false;
    }
    if (this.#call !== call) return;
    this.#isOpen = true;
    this.#options.host.wake();
  }

  /** A call that never had a connection has sent nothing, whatever it was given. */
  #countResent(): void {
    if (this.#call.isStarted ?? true) {
      this.#options.host.resent(this.#resent);
      this.#lastSentRow = Math.max(this.#lastSentRow, this.#lastRow);
    }
    this.#resent = 0;
    this.#lastRow = -1;
  }

  /** Sends what is unanswered on a new call, at its pace; new rows follow then. */
  async #resend(call: RowCall, rowNumbers: readonly number[]): Promise<void> {
    const { host } = this.#options;
    this.#outstanding = 0;
    try {
      for (const rowNumber of rowNumbers) {
        if (call.isDone) return;
        if (!host.isWaiting(rowNumber)) continue;
        this.#outstanding++;
        this.#lastRow = rowNumber;
        if (rowNumber <= this.#lastSentRow) this.#resent++;
        if (!call.send(host.messageOf(rowNumber))) await call.ready();
      }
    } catch {
      // The call is over: its status says why, and what is unanswered stays so.
      call.cancel();
      return;
    }
    this.#isOpen = true;
    if (this.#ended) call.end();
    host.wake();
  }
}
