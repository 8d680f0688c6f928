import { statusName } from "../rpc/mod.ts";
import { judgeLoad } from "./judge_load.ts";
import type { LatencyReport } from "./latency_histogram.ts";
import type { LoadPlan } from "./load_plan.ts";
import type { ScheduleReport } from "./pacer.ts";
import type { LoadOutcome } from "./run_load.ts";

/** What was measured: what `-O json` prints. Times in ms, rates per second; docs/bench.md explains the fields. */
export interface LoadReport {
  readonly target: string;
  /** `pkg.Service/Method`. */
  readonly method: string;
  readonly kind: LoadKind;
  readonly loop: "closed" | "open";
  readonly connections: number;
  /** Calls at a time on each connection. */
  readonly streams: number;
  /** What `--rps` asked for. */
  readonly targetPerSecond: number | undefined;
  readonly messagesPerCall: number | undefined;
  readonly maxInFlight: number | undefined;
  readonly durationMs: number;
  readonly interrupted: boolean;
  readonly calls: LoadOutcome["calls"] & { readonly perSecond: number };
  readonly messages: {
    readonly sent: number;
    readonly received: number;
    readonly sentPerSecond: number;
    readonly receivedPerSecond: number;
    readonly unanswered: number;
    readonly surplus: number;
  };
  readonly octets: {
    readonly sent: number;
    readonly received: number;
    readonly sentPerSecond: number;
    readonly receivedPerSecond: number;
  };
  /** Code name to number of calls. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly errors: readonly {
    readonly status: string;
    readonly message: string;
    readonly count: number;
  }[];
  readonly latencyMs: LatencyReport | undefined;
  readonly schedule: ScheduleReport | undefined;
  /** Processor time that the generator took: 1 is one core for the whole time. */
  readonly generatorCpu: number;
  /** What a reader should know before trusting the figures. */
  readonly notes: readonly string[];
}

/** Which side of a call streams. */
export type LoadKind = "unary" | "server_streaming" | "client_streaming" | "bidirectional";

/** What a report is about. */
export interface LoadSubject {
  readonly target: string;
  /** `pkg.Service/Method`. */
  readonly method: string;
}

/** Puts together what was asked for and what came of it. */
export function createLoadReport(
  subject: LoadSubject,
  plan: LoadPlan,
  outcome: LoadOutcome,
): LoadReport {
  const { durationMs, calls, messages, octets, unanswered, surplus } = outcome;
  const perSecond = (count: number) => durationMs > 0 ? count / durationMs * 1000 : 0;
  const { requestStream, responseStream } = plan.method;
  return {
    ...subject,
    kind: kindOf(plan.method),
    loop: plan.perSecond === undefined ? "closed" : "open",
    connections: plan.channels.length,
    streams: plan.streams,
    targetPerSecond: plan.perSecond,
    messagesPerCall: requestStream && plan.messagesPerCall !== Infinity
      ? plan.messagesPerCall
      : undefined,
    maxInFlight: requestStream && responseStream ? plan.maxInFlight : undefined,
    durationMs,
    interrupted: outcome.isInterrupted,
    calls: { ...calls, perSecond: perSecond(calls.finished) },
    messages: {
      ...messages,
      sentPerSecond: perSecond(messages.sent),
      receivedPerSecond: perSecond(messages.received),
      unanswered,
      surplus,
    },
    octets: {
      ...octets,
      sentPerSecond: perSecond(octets.sent),
      receivedPerSecond: perSecond(octets.received),
    },
    statuses: Object.fromEntries(
      outcome.statuses.map(({ code, count }) => [statusName(code), count]),
    ),
    errors: outcome.failures.map(({ code, message, count }) => ({
      status: statusName(code),
      message,
      count,
    })),
    latencyMs: outcome.latency,
    schedule: outcome.schedule,
    generatorCpu: outcome.cpuShare,
    notes: judgeLoad(plan, outcome),
  };
}

function kindOf({ requestStream, responseStream }: LoadPlan["method"]): LoadKind {
  if (requestStream) return responseStream ? "bidirectional" : "client_streaming";
  return responseStream ? "server_streaming" : "unary";
}
