import type { LoadClock } from "../../loading/load_clock.ts";

/** Time that moves when the test says so. */
export class FakeLoadClock implements LoadClock {
  #nowMs = 1000;
  readonly #alarms = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  now(): number {
    return this.#nowMs;
  }

  at(dueMs: number, callback: () => void): () => void {
    const alarm = { dueMs, callback };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Alarms that were not rung and not taken back. */
  get alarmCount(): number {
    return this.#alarms.size;
  }

  /** Moves on, and rings what is due by then: in its time, or all at the end as if the process had slept. */
  advance(ms: number, options: { readonly isAsleep?: boolean } = {}): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#alarms].sort((left, right) => left.dueMs - right.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = options.isAsleep ? endMs : Math.max(this.#nowMs, next.dueMs);
      this.#alarms.delete(next);
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
