/** How often the lag is measured, in ms. */
const PERIOD_MS = 250;
/** The worst of so many is told: that of a second. */
const KEPT = 4;

/** Measures how late timers come: how long one turn of the event loop holds the others up. */
export class EventLoopLag {
  readonly #lags = new Float64Array(KEPT);
  readonly #timer: ReturnType<typeof setInterval>;
  #at = 0;
  #expectedMs = performance.now() + PERIOD_MS;

  constructor() {
    this.#timer = setInterval(() => this.#measure(), PERIOD_MS);
  }

  /** The worst of the last second, in ms. */
  get worstMs(): number {
    // A turn that goes on is late by now.
    return Math.max(0, performance.now() - this.#expectedMs - PERIOD_MS, ...this.#lags);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #measure(): void {
    const nowMs = performance.now();
    this.#lags[this.#at++ % KEPT] = Math.max(0, nowMs - this.#expectedMs);
    this.#expectedMs = nowMs + PERIOD_MS;
  }
}
