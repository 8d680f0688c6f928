import { type CallRecord, type LiveCall, type ServerObserver, statusName } from "../rpc/mod.ts";
import { RecentDurations } from "./recent_durations.ts";
import { type MethodStats, UNKNOWN_METHOD } from "./stats_snapshot.ts";

/** Upper bounds of the durations that Prometheus is told, in s: from a unary call on loopback to a stream of an hour. */
export const DURATION_BOUNDS_SECONDS = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 60, 600, 3600],
] as const;

/** The highest status code of gRPC; a handler can end a call with any other number, and all of them are one here. */
const MAX_CODE = 16;
const OTHER_CODE = "OTHER";

/** Who watches the calls of one method. */
export interface CallWatcher {
  callStarted(call: LiveCall): void;
  callEnded(call: LiveCall): void;
}

/**
 * Counts the calls of a server by method. A call costs a few additions at its beginning and at its end; its messages
 * are added up by who asks.
 */
export class CallStatistics implements ServerObserver {
  readonly #methods = new Map<string, MethodCounts>();
  readonly #unknown = new MethodCounts(UNKNOWN_METHOD);

  /** @param paths of all methods that the server has: `/package.Service/Method` */
  constructor(paths: Iterable<string>) {
    for (const path of paths) this.#methods.set(path, new MethodCounts(path));
  }

  callStarted(call: LiveCall): void {
    this.#find(call.path).callStarted(call);
  }

  callEnded(record: CallRecord, call: LiveCall | undefined): void {
    this.#find(record.path).callEnded(record, call);
  }

  /** The counts of a method; undefined if the server has none of that path. */
  method(path: string): MethodCounts | undefined {
    return this.#methods.get(path);
  }

  /** What was counted, without the unknown ones as long as nobody calls them. @param nowMs of `performance.now()` */
  read(nowMs: number): MethodStats[] {
    const methods = [...this.#methods.values()].map((method) => method.read(nowMs));
    const unknown = this.#unknown.read(nowMs);
    return unknown.started > 0 ? [...methods, unknown] : methods;
  }

  #find(path: string): MethodCounts {
    return this.#methods.get(path) ?? this.#unknown;
  }
}

/** What is counted of one method. */
export class MethodCounts {
  /** Calls that run. */
  readonly live = new Set<LiveCall>();
  /** Told of calls as they come and go; undefined while nobody watches. */
  watcher: CallWatcher | undefined;

  readonly #path: string;
  readonly #recent = new RecentDurations();
  readonly #codes = new Uint32Array(MAX_CODE + 2);
  readonly #durationCounts = new Array<number>(DURATION_BOUNDS_SECONDS.length + 1).fill(0);
  #durationSumSeconds = 0;
  #started = 0;
  #ended = 0;
  // Of calls that have ended.
  #received = 0;
  #receivedOctets = 0;
  #sent = 0;
  #sentOctets = 0;

  constructor(path: string) {
    this.#path = path;
  }

  callStarted(call: LiveCall): void {
    this.#started++;
    this.live.add(call);
    this.watcher?.callStarted(call);
  }

  callEnded(record: CallRecord, call: LiveCall | undefined): void {
    const { code, durationMs, received, sent } = record;
    // One that was refused, or that began before anyone counted, was not seen to begin.
    const wasSeen = call !== undefined && this.live.delete(call);
    if (!wasSeen) this.#started++;
    this.#ended++;
    this.#received += received;
    this.#sent += sent;
    if (call !== undefined) {
      this.#receivedOctets += call.receivedOctets;
      this.#sentOctets += call.sentOctets;
      if (wasSeen) this.watcher?.callEnded(call);
    }
    this.#codes[code >= 0 && code <= MAX_CODE ? code : MAX_CODE + 1]++;
    this.#durationSumSeconds += durationMs / 1000;
    this.#durationCounts[boundOf(durationMs / 1000)]++;
    const nowMs = call === undefined ? performance.now() : call.startedMs + durationMs;
    this.#recent.record(durationMs, nowMs);
  }

  /** Messages that passed so far, those of running calls among them. */
  countMessages(): { readonly received: number; readonly sent: number } {
    let received = this.#received;
    let sent = this.#sent;
    for (const call of this.live) {
      received += call.received;
      sent += call.sent;
    }
    return { received, sent };
  }

  read(nowMs: number): MethodStats {
    let receivedOctets = this.#receivedOctets;
    let sentOctets = this.#sentOctets;
    for (const call of this.live) {
      receivedOctets += call.receivedOctets;
      sentOctets += call.sentOctets;
    }
    const { received, sent } = this.countMessages();
    const { counts, maxMs } = this.#recent.read(nowMs);
    return {
      path: this.#path,
      started: this.#started,
      ended: this.#ended,
      running: this.live.size,
      received: { messages: received, octets: receivedOctets },
      sent: { messages: sent, octets: sentOctets },
      codes: this.#readCodes(),
      recent: counts,
      recentMaxMs: maxMs,
      durationCounts: [...this.#durationCounts],
      durationSumSeconds: this.#durationSumSeconds,
    };
  }

  #readCodes(): Record<string, number> {
    const codes: Record<string, number> = {};
    for (const [code, count] of this.#codes.entries()) {
      if (count > 0) codes[code > MAX_CODE ? OTHER_CODE : statusName(code)] = count;
    }
    return codes;
  }
}

/** The first bound that a duration does not exceed; their number if it exceeds all. */
function boundOf(seconds: number): number {
  let index = 0;
  while (index < DURATION_BOUNDS_SECONDS.length && seconds > DURATION_BOUNDS_SECONDS[index]) {
    index++;
  }
  return index;
}
