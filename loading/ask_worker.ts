import { type Channel, Status } from "../rpc/mod.ts";
import { type CallEnd, endOf, type LoadRun, type RawCall } from "./load_run.ts";

/** Answers that are taken in one go. */
const BATCH_MESSAGES = 256;

/**
 * Makes one call after the other with one request each, until the pacer has no more: unary methods, and those that
 * answer with a stream. Latency is that of the whole call.
 */
export async function askAgainAndAgain(run: LoadRun, channel: Channel): Promise<void> {
  for (;;) {
    const turn = run.pacer.take();
    const dueMs = typeof turn === "object" ? await turn : turn;
    if (dueMs === undefined || run.isCut) return;
    const call = run.startCall(channel);
    run.send(call);
    call.end();
    const end = await readAnswers(run, call);
    if (end.code === Status.OK) run.tally.latency(run.now - dueMs);
    await run.finish(call, end);
  }
}

async function readAnswers(run: LoadRun, call: RawCall): Promise<CallEnd> {
  const isStream = run.plan.method.responseStream;
  let count = 0;
  try {
    for (;;) {
      const answers = await call.responses.nextBatch(BATCH_MESSAGES);
      if (answers.length === 0) break;
      run.tally.received(answers, run.now);
      count += answers.length;
    }
  } catch (error) {
    // The call may not know of it: it is an answer that cannot be read.
    call.cancel();
    return endOf(error);
  }
  if (isStream || count === 1) return { code: Status.OK, message: "" };
  return {
    code: Status.UNIMPLEMENTED,
    message: `${call.path} answered ${count} messages, not one`,
  };
}
