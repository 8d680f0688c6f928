import { Status } from "../rpc/mod.ts";
import { LatencyHistogram, type LatencyReport } from "./latency_histogram.ts";

/** Calls that ended with one status. */
export interface StatusCount {
  readonly code: number;
  readonly count: number;
}

/** A failure and how often it came. */
export interface FailureCount extends StatusCount {
  readonly message: string;
}

/** What came of a load. */
export interface TallyReport {
  readonly calls: {
    readonly started: number;
    /** Ended with a status of their own. */
    readonly finished: number;
    readonly ok: number;
    readonly failed: number;
    /** Still going on when the load was over. */
    readonly cutOff: number;
  };
  readonly messages: { readonly sent: number; readonly received: number };
  /** Of messages, without their prefixes and the calls' headers. */
  readonly octets: { readonly sent: number; readonly received: number };
  /** Messages of two-way streams that no answer came for; answers that no message waits for. */
  readonly unanswered: number;
  readonly surplus: number;
  /** In the order of the codes. */
  readonly statuses: readonly StatusCount[];
  /** The most frequent first, at most ten different ones. */
  readonly failures: readonly FailureCount[];
  readonly latency: LatencyReport | undefined;
  /** From the start to the last answer, or to the end of the time if that is later. */
  readonly durationMs: number;
}

/** More different messages than this are counted by their status alone. */
const MAX_FAILURES = 10;
/** A server may write a page into a status; the report has a line. */
const MAX_MESSAGE_CHARACTERS = 300;

/** Counts what comes of a load. The fields are written by the workers. */
export class Tally {
  started = 0;
  cutOff = 0;
  messagesSent = 0;
  octetsSent = 0;
  messagesReceived = 0;
  octetsReceived = 0;
  unanswered = 0;
  surplus = 0;
  /** Calls that ended, however they did. */
  finishedCount = 0;
  readonly #startedMs: number;
  #lastMs: number;
  readonly #latency = new LatencyHistogram();
  readonly #statuses = new Map<number, number>();
  readonly #failures = new Map<string, { code: number; message: string; count: number }>();

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
    this.#lastMs = startedMs;
  }

  sent(payload: Uint8Array): void {
    this.messagesSent++;
    this.octetsSent += payload.length;
  }

  received(payloads: readonly Uint8Array[], nowMs: number): void {
    this.messagesReceived += payloads.length;
    for (const payload of payloads) this.octetsReceived += payload.length;
    this.#lastMs = nowMs;
  }

  latency(latencyMs: number): void {
    this.#latency.record(latencyMs);
  }

  finished(status: { readonly code: number; readonly message: string }, nowMs: number): void {
    const { code } = status;
    this.#lastMs = nowMs;
    this.finishedCount++;
    this.#statuses.set(code, (this.#statuses.get(code) ?? 0) + 1);
    if (code === Status.OK) return;
    const message = status.message.slice(0, MAX_MESSAGE_CHARACTERS);
    const key = `${code} ${message}`;
    const known = this.#failures.get(key);
    if (known !== undefined) known.count++;
    else if (this.#failures.size < MAX_FAILURES) {
      this.#failures.set(key, { code, message, count: 1 });
    }
  }

  /** The load went on until now, whatever came of it. */
  lasted(nowMs: number): void {
    this.#lastMs = Math.max(this.#lastMs, nowMs);
  }

  report(): TallyReport {
    const statuses = [...this.#statuses].map(([code, count]) => ({ code, count }));
    const ok = this.#statuses.get(Status.OK) ?? 0;
    return {
      calls: {
        started: this.started,
        finished: this.finishedCount,
        ok,
        failed: this.finishedCount - ok,
        cutOff: this.cutOff,
      },
      messages: { sent: this.messagesSent, received: this.messagesReceived },
      octets: { sent: this.octetsSent, received: this.octetsReceived },
      unanswered: this.unanswered,
      surplus: this.surplus,
      statuses: statuses.sort((left, right) => left.code - right.code),
      failures: [...this.#failures.values()].sort((left, right) => right.count - left.count),
      latency: this.#latency.report(),
      durationMs: this.#lastMs - this.#startedMs,
    };
  }
}
