import type { LoadPlan } from "./load_plan.ts";
import type { LoadOutcome } from "./run_load.ts";

/** From this share of a core on, the generator itself may be what holds the load back. */
const BUSY_CPU_SHARE = 0.9;
/** Before that, the generator is busy with starting. */
const MIN_JUDGED_MS = 500;
/** A schedule with more late items than this share was not kept. */
const LATE_SHARE = 0.01;
/** With fewer latencies, the 99th percentile is hardly more than the greatest. */
const FEW_LATENCIES = 1000;

/** What a reader should know before trusting the figures; one sentence each, without a final period. */
export function judgeLoad(plan: LoadPlan, outcome: LoadOutcome): string[] {
  return [
    ...judgeGenerator(plan, outcome),
    ...judgeSchedule(plan, outcome),
    ...judgeAnswers(outcome),
    ...judgeSample(outcome),
  ];
}

function judgeGenerator(plan: LoadPlan, { cpuShare, durationMs }: LoadOutcome): string[] {
  if (durationMs < MIN_JUDGED_MS) return [];
  // In an open loop it looks at the clock all the time; whether it kept up shows in the schedule.
  if (plan.perSecond !== undefined || cpuShare < BUSY_CPU_SHARE) return [];
  const percent = Math.round(cpuShare * 100);
  return [
    `The load generator used ${percent} % of a core, all that one process has: the server may do more`,
  ];
}

function judgeSchedule(plan: LoadPlan, { schedule }: LoadOutcome): string[] {
  if (schedule === undefined) return [];
  const { due, late, lateByGenerator, missed, maxLateMs } = schedule;
  const notes: string[] = [];
  const upTo = `by up to ${maxLateMs.toFixed(0)} ms`;
  const waited = late - lateByGenerator;
  if (waited > due * LATE_SHARE) {
    const calls = plan.streams * plan.channels.length;
    notes.push(
      `${waited} of ${due} started late, ${upTo}, because all ${calls} calls at a time were busy; ` +
        `the wait is part of their latency. More --streams would show what the server does with them`,
    );
  }
  if (lateByGenerator > due * LATE_SHARE) {
    notes.push(
      `${lateByGenerator} of ${due} started late, ${upTo}, because the load generator did: this ` +
        `machine is too busy for the rate, and the delay is part of their latency`,
    );
  }
  if (missed > 0) {
    notes.push(
      `${missed} of ${due} were due and never started, because the time was up: the rate is more ` +
        `than was done, and their wait is not in the latencies`,
    );
  }
  return notes;
}

function judgeAnswers({ calls, unanswered, surplus }: LoadOutcome): string[] {
  const notes: string[] = [];
  if (surplus > 0) {
    notes.push(
      `The server sent ${surplus} more answers than messages: latencies take answer k for that ` +
        `of message k, and mean nothing here`,
    );
  }
  if (unanswered > 0) notes.push(`${unanswered} messages were sent and not answered`);
  if (calls.cutOff > 0) {
    notes.push(
      `${calls.cutOff} calls were still going on after the end and were cut off; ` +
        `their latency is not counted`,
    );
  }
  return notes;
}

function judgeSample({ latency }: LoadOutcome): string[] {
  if (latency === undefined || latency.count >= FEW_LATENCIES) return [];
  return [
    `Only ${latency.count} latencies: percentiles above p90 are a matter of chance`,
  ];
}
