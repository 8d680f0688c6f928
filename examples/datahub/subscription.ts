import type { DataPackage } from "./gen/datahub.ts";

/** Values that may wait for a subscriber; when there are more, only the latest is kept. */
const MAX_WAITING = 256;

/** What one subscriber has still to be sent. */
export class Subscription {
  #latest: DataPackage;
  #waiting: DataPackage[];
  #wake: (() => void) | undefined;
  readonly #leave: () => void;

  /** @param leave Called once nobody reads any more. */
  constructor(latest: DataPackage, leave: () => void) {
    this.#latest = latest;
    this.#waiting = [latest];
    this.#leave = leave;
  }

  /** A new value of the tag. */
  push(data: DataPackage): void {
    this.#latest = data;
    // A subscriber that does not keep up goes on with what is true now.
    if (this.#waiting.length >= MAX_WAITING) this.#waiting = [];
    this.#waiting.push(data);
    this.#wake?.();
  }

  /** Values as they come, and the latest once more at each interval; ends when the signal aborts. */
  async *values(
    everyMs: number,
    signal: AbortSignal,
  ): AsyncGenerator<DataPackage, void, undefined> {
    let dueMs = performance.now() + everyMs;
    try {
      while (!signal.aborted) {
        const next = this.#waiting.shift();
        if (next !== undefined) {
          yield next;
        } else if (performance.now() >= dueMs) {
          dueMs = Math.max(dueMs + everyMs, performance.now());
          yield this.#latest;
        } else {
          await this.#pause(dueMs - performance.now(), signal);
        }
      }
    } finally {
      this.#leave();
    }
  }

  /** Waits for a new value, for a time, or until the signal aborts. */
  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      // At least 1 ms: a timer may fire a little early.
      const timer = setTimeout(done, Math.max(1, ms));
      signal.addEventListener("abort", done);
      this.#wake = done;
      if (signal.aborted) done();
    });
  }
}
