import type { LoadClock } from "./load_clock.ts";

/** When the next item may start: when it was due, a promise of that, or undefined once there is no next one. */
export type Turn = number | undefined | Promise<number | undefined>;

/** Hands out the items of a load: calls, or messages where the requests are a stream. */
export interface Pacer {
  /** The next item's turn. `undefined` is final. */
  take(): Turn;
  /** No more turns; whoever waits for one is told. */
  stop(): void;
  /** How well an open loop was kept; undefined for a closed loop. */
  readonly schedule: ScheduleReport | undefined;
}

/** When a load ends. */
export interface PacerLimits {
  /** Items; Infinity for no limit. */
  readonly count: number;
  /** Time in ms; Infinity for no limit. */
  readonly durationMs: number;
}

/** How an open loop was kept. */
export interface ScheduleReport {
  /** Items that were due until the end. */
  readonly due: number;
  /** Items that started more than a millisecond after they were due. */
  readonly late: number;
  /** Of these, the ones that somebody was free for: it is the generator that was late, not the server. */
  readonly lateByGenerator: number;
  /** Items that were due and never started: the time was up. */
  readonly missed: number;
  readonly maxLateMs: number;
}

/** An item that starts later than this is late. */
const LATE_MS = 1;

/** The next item starts as soon as somebody is free for it: finds out how fast a server is. */
export class ClosedLoop implements Pacer {
  readonly schedule = undefined;
  readonly #clock: LoadClock;
  readonly #endMs: number;
  #left: number;

  constructor(limits: PacerLimits, clock: LoadClock) {
    this.#clock = clock;
    this.#endMs = clock.now() + limits.durationMs;
    this.#left = limits.count;
  }

  take(): number | undefined {
    const now = this.#clock.now();
    if (this.#left <= 0 || now >= this.#endMs) return undefined;
    this.#left--;
    return now;
  }

  stop(): void {
    this.#left = 0;
  }
}

/**
 * Item `k` is due `k / rate` seconds after the start, whatever the server does: finds out how long users wait.
 *
 * An item that nobody was free for starts later, and keeps the moment that it was due at: a server that stalls shows in
 * the latency of all that was due meanwhile ("coordinated omission" is the name of not doing so).
 */
export class OpenLoop implements Pacer {
  readonly #clock: LoadClock;
  readonly #startMs: number;
  readonly #intervalMs: number;
  readonly #limits: PacerLimits;
  readonly #waiting: { readonly dueMs: number; readonly resolve: (turn?: number) => void }[] = [];
  #taken = 0;
  #late = 0;
  #lateByGenerator = 0;
  #maxLateMs = 0;
  #stoppedMs: number | undefined;
  #cancel: (() => void) | undefined;

  /** @param perSecond items, above 0 */
  constructor(perSecond: number, limits: PacerLimits, clock: LoadClock) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#intervalMs = 1000 / perSecond;
    this.#limits = limits;
  }

  get schedule(): ScheduleReport {
    const due = this.#dueBy(this.#stoppedMs ?? this.#clock.now());
    return {
      due,
      late: this.#late,
      lateByGenerator: this.#lateByGenerator,
      missed: Math.max(0, due - this.#taken),
      maxLateMs: this.#maxLateMs,
    };
  }

  take(): Turn {
    const afterMs = this.#taken * this.#intervalMs;
    const { count, durationMs } = this.#limits;
    const now = this.#clock.now();
    const isOver = this.#taken >= count || afterMs >= durationMs ||
      now >= this.#startMs + durationMs;
    if (isOver || this.#stoppedMs !== undefined) return undefined;
    this.#taken++;
    const dueMs = this.#startMs + afterMs;
    if (now >= dueMs) return this.#start(dueMs, now);
    return new Promise((resolve) => {
      this.#waiting.push({ dueMs, resolve });
      if (this.#waiting.length === 1) this.#watch();
    });
  }

  stop(): void {
    this.#stoppedMs ??= this.#clock.now();
    this.#cancel?.();
    // Taken, but not started.
    this.#taken -= this.#waiting.length;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  /** Items due before a moment; the first is due at the start. */
  #dueBy(nowMs: number): number {
    const { count, durationMs } = this.#limits;
    const elapsedMs = nowMs - this.#startMs;
    if (elapsedMs < durationMs) {
      return Math.min(count, Math.floor(elapsedMs / this.#intervalMs) + 1);
    }
    return Math.min(count, Math.ceil(durationMs / this.#intervalMs));
  }

  #start(dueMs: number, now: number): number {
    const lateMs = now - dueMs;
    if (lateMs > LATE_MS) this.#late++;
    if (lateMs > this.#maxLateMs) this.#maxLateMs = lateMs;
    return dueMs;
  }

  /** Waits for the first in the queue, and lets all go that are due by then. */
  #watch(): void {
    const first = this.#waiting[0];
    if (first === undefined) return;
    this.#cancel = this.#clock.at(first.dueMs, () => {
      const now = this.#clock.now();
      while (this.#waiting.length > 0 && this.#waiting[0].dueMs <= now) {
        const item = this.#waiting.shift();
        if (item === undefined) break;
        if (now - item.dueMs > LATE_MS) this.#lateByGenerator++;
        item.resolve(this.#start(item.dueMs, now));
      }
      this.#watch();
    });
  }
}
