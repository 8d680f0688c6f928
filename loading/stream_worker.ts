import { setImmediate } from "node:timers";
import { type Channel, Status } from "../rpc/mod.ts";
import { DueTimes } from "./due_times.ts";
import { type CallEnd, endOf, type LoadRun, type RawCall } from "./load_run.ts";

/** Answers that are taken in one go. */
const BATCH_MESSAGES = 256;
/** Messages sent in a closed loop before the answers get a turn. */
const BURST_MESSAGES = 1024;

/**
 * Makes one call after the other with a stream of requests each, until the pacer has no more. Where answers are a
 * stream too, answer `k` belongs to message `k`, and its latency counts from when that was due; otherwise the one answer
 * counts from when the last message was.
 */
export async function streamAgainAndAgain(run: LoadRun, channel: Channel): Promise<void> {
  let left: number | undefined;
  for (;;) {
    const turn = left ?? run.pacer.take();
    const dueMs = typeof turn === "object" ? await turn : turn;
    if (dueMs === undefined || run.isCut) return;
    left = await new Exchange(run, run.startCall(channel)).run(dueMs);
  }
}

/** One call with a stream of requests. */
class Exchange {
  readonly #run: LoadRun;
  readonly #call: RawCall;
  readonly #due: DueTimes;
  readonly #answersEach: boolean;
  #answers = 0;
  #lastDueMs = 0;

  constructor(run: LoadRun, call: RawCall) {
    this.#run = run;
    this.#call = call;
    this.#answersEach = run.plan.method.responseStream;
    this.#due = new DueTimes(run.plan.maxInFlight);
  }

  /**
   * Runs the call to its end. Returns the turn of a message that the call ended before, for the next call.
   *
   * @param dueMs of the first message, which the call is made for
   */
  async run(dueMs: number): Promise<number | undefined> {
    const leave = this.#run.onEnd(() => this.#due.announceRoom());
    const sending = this.#sendAll(dueMs);
    const end = await this.#receiveAll();
    this.#due.announceRoom();
    const left = await sending;
    leave();
    const { tally } = this.#run;
    if (this.#answersEach) tally.unanswered += this.#due.count;
    else if (end.code === Status.OK) tally.latency(this.#run.now - this.#lastDueMs);
    await this.#run.finish(this.#call, end);
    return left;
  }

  /** Never rejects: how the call ended is for the receiver to say. */
  async #sendAll(firstDueMs: number): Promise<number | undefined> {
    const call = this.#call;
    let dueMs = firstDueMs;
    for (let sent = 1;; sent++) {
      if (this.#answersEach) this.#due.push(dueMs);
      this.#lastDueMs = dueMs;
      if (!this.#run.send(call)) await call.ready().catch(() => {});
      else if (sent % BURST_MESSAGES === 0) await turnOfTheLoop();
      if (sent >= this.#run.plan.messagesPerCall) break;
      // Before the turn is taken: a message that may not be sent yet must not count as started.
      if (this.#answersEach) await this.#room();
      if (this.#run.isOver || call.isDone) break;
      const turn = this.#run.pacer.take();
      const nextMs = typeof turn === "object" ? await turn : turn;
      if (nextMs === undefined) break;
      if (call.isDone) return nextMs;
      dueMs = nextMs;
    }
    call.end();
    return undefined;
  }

  async #room(): Promise<void> {
    while (this.#due.isFull && !this.#call.isDone && !this.#run.isOver) await this.#due.room();
  }

  async #receiveAll(): Promise<CallEnd> {
    const { tally } = this.#run;
    try {
      for (;;) {
        const answers = await this.#call.responses.nextBatch(BATCH_MESSAGES);
        if (answers.length === 0) break;
        const now = this.#run.now;
        tally.received(answers, now);
        this.#answers += answers.length;
        if (this.#answersEach) this.#match(answers.length, now);
      }
    } catch (error) {
      this.#call.cancel();
      return endOf(error);
    }
    if (this.#answersEach || this.#answers === 1) return { code: Status.OK, message: "" };
    const message = `${this.#call.path} answered ${this.#answers} messages, not one`;
    return { code: Status.UNIMPLEMENTED, message };
  }

  #match(answers: number, now: number): void {
    const { tally } = this.#run;
    for (let answer = 0; answer < answers; answer++) {
      const dueMs = this.#due.shift();
      if (dueMs === undefined) tally.surplus++;
      else tally.latency(now - dueMs);
    }
    this.#due.announceRoom();
  }
}

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
