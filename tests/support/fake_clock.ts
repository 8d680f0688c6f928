import { type Clock, SYSTEM_CLOCK } from "../../rpc/http2/mod.ts";

interface Timer {
  readonly intervalMs: number;
  readonly callback: () => void;
  dueMs: number;
}

/** Time that moves when the test says so. */
export class FakeClock implements Clock {
  #nowMs = 1000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#nowMs;
  }

  every(intervalMs: number, callback: () => void): () => void {
    const timer = { intervalMs, callback, dueMs: this.#nowMs + intervalMs };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** The real one: it is not a matter of time. */
  turn(): Promise<void> {
    return SYSTEM_CLOCK.turn();
  }

  /** Timers that were not stopped. */
  get timerCount(): number {
    return this.#timers.size;
  }

  /** Moves on, from one due timer to the next. */
  advance(ms: number): void {
    const endMs = this.#nowMs + ms;
    for (;;) {
      const next = [...this.#timers].sort((left, right) => left.dueMs - right.dueMs)[0];
      if (next === undefined || next.dueMs > endMs) break;
      this.#nowMs = next.dueMs;
      next.dueMs += next.intervalMs;
      next.callback();
    }
    this.#nowMs = endMs;
  }
}
