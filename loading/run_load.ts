import { cpuUsage } from "node:process";
import { askAgainAndAgain } from "./ask_worker.ts";
import type { LoadPlan } from "./load_plan.ts";
import { LoadRun } from "./load_run.ts";
import { ClosedLoop, OpenLoop, type Pacer, type ScheduleReport } from "./pacer.ts";
import { streamAgainAndAgain } from "./stream_worker.ts";
import { Tally, type TallyReport } from "./tally.ts";

/** What came of a load, and what it took to make it. */
export interface LoadOutcome extends TallyReport {
  /** For an open loop. */
  readonly schedule: ScheduleReport | undefined;
  /** Time on a processor that this process took, as a share of the time that went by: 1 is one core. */
  readonly cpuShare: number;
  readonly isInterrupted: boolean;
}

/** How often it is looked at the progress before a load counts as stalled. */
const STALL_LOOKS = 5;
/** Who interrupts does not want to wait; calls that are as good as done are worth it. */
const STOP_DRAIN_MS = 1000;

/**
 * Puts a server under load, and returns what came of it. Never rejects for what the server does.
 *
 * Each connection has its own workers, each of which makes one call after the other.
 */
export async function runLoad(plan: LoadPlan): Promise<LoadOutcome> {
  const pacer = createPacer(plan);
  const startedMs = plan.clock.now();
  const cpuBefore = cpuUsage();
  const tally = new Tally(startedMs);
  const run = new LoadRun(plan, { pacer, tally });
  const watches = [watchEnd(run), watchForStall(run)];
  const work = plan.method.requestStream ? streamAgainAndAgain : askAgainAndAgain;
  const workers: Promise<void>[] = [];
  // Connection by connection in turn, so that a small load uses them all.
  for (let stream = 0; stream < plan.streams; stream++) {
    for (const channel of plan.channels) workers.push(work(run, channel));
  }
  await Promise.all(workers);
  for (const stopWatching of watches) stopWatching();
  const elapsedMs = plan.clock.now() - startedMs;
  pacer.stop();
  const { user, system } = cpuUsage(cpuBefore);
  return {
    ...tally.report(),
    schedule: pacer.schedule,
    cpuShare: elapsedMs > 0 ? (user + system) / 1000 / elapsedMs : 0,
    isInterrupted: plan.stop.aborted,
  };
}

function createPacer({ perSecond, count, durationMs, clock }: LoadPlan): Pacer {
  const limits = { count, durationMs };
  return perSecond === undefined
    ? new ClosedLoop(limits, clock)
    : new OpenLoop(perSecond, limits, clock);
}

/** Ends the load when its time is up or it is told to, and cuts it off when it does not end by itself. */
function watchEnd(run: LoadRun): () => void {
  const { durationMs, drainMs, stop } = run.plan;
  let cutTimer: ReturnType<typeof setTimeout> | undefined;
  const endWithin = (patienceMs: number) => {
    run.end();
    clearTimeout(cutTimer);
    cutTimer = setTimeout(() => run.cut(), patienceMs);
  };
  const onStop = () => endWithin(Math.min(drainMs, STOP_DRAIN_MS));
  const endTimer = durationMs === Infinity
    ? undefined
    : setTimeout(() => endWithin(drainMs), durationMs);
  if (stop.aborted) onStop();
  else stop.addEventListener("abort", onStop, { once: true });
  return () => {
    clearTimeout(endTimer);
    clearTimeout(cutTimer);
    stop.removeEventListener("abort", onStop);
  };
}

/** Calls back once when nothing was sent and nothing came for a while: it may wait for ever. */
function watchForStall({ plan, tally }: LoadRun): () => void {
  const { onStall, stallMs } = plan;
  const progress = () => tally.finishedCount + tally.messagesReceived + tally.messagesSent;
  let before = progress();
  let quietLooks = 0;
  const timer = setInterval(() => {
    const after = progress();
    quietLooks = after === before ? quietLooks + 1 : 0;
    before = after;
    if (quietLooks < STALL_LOOKS || tally.started === 0 || plan.stop.aborted) return;
    clearInterval(timer);
    onStall();
  }, stallMs / STALL_LOOKS);
  return () => clearInterval(timer);
}
