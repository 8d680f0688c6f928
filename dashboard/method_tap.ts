import type { CalledMethod, LiveCall } from "../rpc/mod.ts";
import type { CallWatcher, MethodCounts } from "./call_statistics.ts";
import { CallTap, type Quota } from "./call_tap.ts";
import type { SampleBatch } from "./server_watch.ts";

/** How often samples are handed out, in ms. */
const TICK_MS = 100;
/** Messages that are looked at in that time, each way. */
const QUOTA_MESSAGES = 200;
/** Calls that are looked into at once; of more, the first ones. */
const MAX_TAPPED_CALLS = 100;
/** A request waits for its answer so long before it is handed out alone, in ms. */
const PATIENCE_MS = 300;

/**
 * Looks at the messages of one method for as long as somebody listens: at each one of a slow stream, and at up to 2,000
 * a second of a fast one, which does not notice.
 */
export class MethodTap implements CallWatcher {
  readonly #method: CalledMethod;
  readonly #counts: MethodCounts;
  readonly #listeners = new Set<(batch: SampleBatch) => void>();
  readonly #calls = new Map<LiveCall, CallTap>();
  /** Calls that ended with samples to hand out. */
  #ended: CallTap[] = [];
  readonly #quota: Quota = { requests: 0, responses: 0 };
  #timer: ReturnType<typeof setInterval> | undefined;
  #lastNumber = 0;
  /** Messages of the method at the last tick. */
  #counted = { received: 0, sent: 0 };
  #skipped = 0;

  constructor(method: CalledMethod, counts: MethodCounts) {
    this.#method = method;
    this.#counts = counts;
  }

  get hasListeners(): boolean {
    return this.#listeners.size > 0;
  }

  add(listener: (batch: SampleBatch) => void): void {
    this.#listeners.add(listener);
    if (this.#timer !== undefined) return;
    this.#counts.watcher = this;
    this.#counted = this.#counts.countMessages();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    this.#refill();
  }

  remove(listener: (batch: SampleBatch) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#counts.watcher = undefined;
    for (const tap of this.#calls.values()) tap.release();
    this.#calls.clear();
    this.#ended = [];
  }

  callStarted(call: LiveCall): void {
    if (this.#quota.requests > 0 && this.#calls.size < MAX_TAPPED_CALLS) this.#tap(call);
  }

  callEnded(call: LiveCall): void {
    const tap = this.#calls.get(call);
    if (tap === undefined) return;
    this.#calls.delete(call);
    tap.release();
    this.#ended.push(tap);
  }

  #tick(): void {
    const nowMs = Date.now();
    const samples = [
      ...this.#ended.splice(0).flatMap((tap) => tap.take(Infinity)),
      ...[...this.#calls.values()].flatMap((tap) => tap.take(nowMs - PATIENCE_MS)),
    ];
    const seen = {
      received: QUOTA_MESSAGES - this.#quota.requests,
      sent: QUOTA_MESSAGES - this.#quota.responses,
    };
    this.#countSkipped(seen);
    if (samples.length > 0 || this.#skipped > 0) {
      const batch = { method: this.#method.path, samples, skipped: this.#skipped };
      this.#skipped = 0;
      for (const listener of this.#listeners) listener(batch);
    }
    this.#refill();
  }

  #countSkipped(seen: { readonly received: number; readonly sent: number }): void {
    const counted = this.#counts.countMessages();
    const received = counted.received - this.#counted.received - seen.received;
    const sent = counted.sent - this.#counted.sent - seen.sent;
    this.#counted = counted;
    const isAnswered = this.#method.requestStream || !this.#method.responseStream;
    // A message may be counted in the tick after the one in which it was seen.
    this.#skipped += Math.max(0, isAnswered ? received : sent);
  }

  #refill(): void {
    this.#quota.requests = QUOTA_MESSAGES;
    this.#quota.responses = QUOTA_MESSAGES;
    for (const call of this.#counts.live) {
      if (this.#calls.size >= MAX_TAPPED_CALLS) break;
      if (!this.#calls.has(call)) this.#tap(call);
    }
    // One call must not take all that there is for the others.
    const share = Math.max(2, Math.floor(QUOTA_MESSAGES / Math.max(1, this.#calls.size)));
    for (const tap of this.#calls.values()) tap.look(share);
  }

  #tap(call: LiveCall): void {
    const { requestStream, responseStream } = this.#method;
    const tap = new CallTap(call, {
      number: ++this.#lastNumber,
      quota: this.#quota,
      isAnswered: requestStream === responseStream,
    });
    this.#calls.set(call, tap);
    tap.look(QUOTA_MESSAGES);
  }
}
