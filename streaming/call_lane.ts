import { wait } from "../rpc/abortable.ts";
import { type CallStatus, Metadata, RpcError, Status } from "../rpc/mod.ts";
import type { Message } from "../tabular/mod.ts";
import type { Lane, LaneHost, RowCall } from "./lane.ts";
import type { Retries } from "./retries.ts";

/** Answers that are read at one time. */
const BATCH_MESSAGES = 64;
/** Answers of a row that wait for the rows before it; above this the row's call is not read. */
const MAX_HELD_ANSWERS = 1024;

/** What a lane of calls needs beyond any lane. */
export interface CallLaneHost extends LaneHost {
  /** Some answers of a row. */
  addAnswers(rowNumber: number, answers: readonly Message[]): void;
  heldAnswers(rowNumber: number): number;
  /** The row has all of its answers. */
  complete(rowNumber: number, nowMs: number): void;
  /** Forgets the answers of a row that is asked for anew; false if some have left. */
  takeBack(rowNumber: number): boolean;
  /** Settles once all rows before this one have left. */
  untilFirst(rowNumber: number): Promise<void>;
  /** The call of a row has failed for good. */
  fail(rowNumber: number, status: CallStatus): void;
}

/** What a `CallLane` is made of. */
export interface CallLaneOptions {
  readonly openCall: () => RowCall;
  /** One answer, no more and no fewer. */
  readonly isUnary: boolean;
  /** `/package.Service/Method`, for messages. */
  readonly path: string;
  readonly retries: Retries;
  readonly host: CallLaneHost;
}

/** A call for each row; as many at once as the run lets wait. */
export class CallLane implements Lane {
  readonly #options: CallLaneOptions;
  readonly #calls = new Map<number, RowCall>();
  #running = 0;
  #ended = false;
  #cancelled: string | undefined;
  /** Calls that fail together wait together. */
  #pause: Promise<boolean> | undefined;
  /** How many pauses there were: a call that began before the last one adds none. */
  #pauses = 0;
  readonly #over = Promise.withResolvers<CallStatus>();

  constructor(options: CallLaneOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#pause === undefined && !this.#ended;
  }

  send(rowNumber: number, message: Message): void {
    this.#running++;
    this.#finishRow(rowNumber, message).then(() => {
      this.#running--;
      this.#settle();
    });
  }

  end(): void {
    this.#ended = true;
    this.#settle();
  }

  cancel(reason: string): void {
    this.#cancelled = reason;
    for (const call of this.#calls.values()) call.cancel(reason);
  }

  /** Gives up on rows behind one that ends the run. */
  cancelAfter(rowNumber: number, reason: string): void {
    for (const [other, call] of this.#calls) if (other > rowNumber) call.cancel(reason);
  }

  run(): Promise<CallStatus> {
    return this.#over.promise;
  }

  #settle(): void {
    if (!this.#ended || this.#running > 0) return;
    this.#over.resolve({ code: Status.OK, message: "", trailers: new Metadata() });
  }

  /** Calls until the row is answered or given up. Never rejects. */
  async #finishRow(rowNumber: number, message: Message): Promise<void> {
    const { host, retries } = this.#options;
    let wasSent = false;
    for (;;) {
      const pauses = this.#pauses;
      const call = this.#options.openCall();
      const status = await this.#finishCall(call, rowNumber, message);
      if (call.isStarted ?? true) {
        if (wasSent) host.resent(1);
        wasSent = true;
      }
      if (status.code === Status.OK) {
        retries.progress();
        host.complete(rowNumber, performance.now());
        break;
      }
      if (this.#cancelled !== undefined) return;
      if (await this.#mayRepeat(rowNumber, status, pauses)) continue;
      host.fail(rowNumber, status);
      break;
    }
    host.wake();
    const patience = host.emit();
    if (patience !== undefined) await patience;
  }

  async #mayRepeat(rowNumber: number, status: CallStatus, pauses: number): Promise<boolean> {
    const { host, retries } = this.#options;
    if (!retries.isRetryable(status) || host.stopping.aborted) return false;
    if (!host.takeBack(rowNumber)) return false;
    if (pauses === this.#pauses && this.#pause === undefined) {
      const waitMs = retries.next(status);
      if (waitMs === undefined) return false;
      this.#pauses++;
      this.#pause = wait(waitMs, host.stopping).then(() => true, () => false).then((isOver) => {
        this.#pause = undefined;
        host.wake();
        return isOver;
      });
    }
    return await (this.#pause ?? true);
  }

  /** One call for the row; OK only if its answers are whole. */
  async #finishCall(call: RowCall, rowNumber: number, message: Message): Promise<CallStatus> {
    this.#calls.set(rowNumber, call);
    try {
      if (this.#cancelled !== undefined) call.cancel(this.#cancelled);
      call.send(message);
      call.end();
      const count = await this.#readAnswers(rowNumber, call);
      const status = await call.status;
      const { isUnary, path } = this.#options;
      if (status.code !== Status.OK || !isUnary || count === 1) return status;
      const came = count === 0 ? "none came" : "more came";
      return {
        ...status,
        code: Status.UNIMPLEMENTED,
        message: `${path} answers one message, ${came}`,
      };
    } catch (error) {
      call.cancel();
      if (error instanceof RpcError) {
        const { code, message } = error;
        return { ...await call.status, code, message };
      }
      return {
        ...await call.status,
        code: Status.INTERNAL,
        message: "The answers could not be read",
      };
    } finally {
      this.#calls.delete(rowNumber);
    }
  }

  async #readAnswers(rowNumber: number, call: RowCall): Promise<number> {
    const { host, isUnary } = this.#options;
    let count = 0;
    for (;;) {
      const answers = await call.responses.nextBatch(BATCH_MESSAGES) as Message[];
      if (answers.length === 0) return count;
      count += answers.length;
      host.addAnswers(rowNumber, answers);
      if (isUnary) continue;
      const patience = host.emit();
      if (patience !== undefined) await patience;
      if (host.heldAnswers(rowNumber) > MAX_HELD_ANSWERS) await host.untilFirst(rowNumber);
    }
  }
}
