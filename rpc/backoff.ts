/** How long to wait between attempts to connect (grpc/doc/connection-backoff.md). */
export interface BackoffOptions {
  readonly initialMs: number;
  readonly factor: number;
  /** Share by which a wait is varied at random, so that clients do not come in step. */
  readonly jitter: number;
  readonly maxMs: number;
}

export const DEFAULT_BACKOFF: BackoffOptions = {
  initialMs: 1000,
  factor: 1.6,
  jitter: 0.2,
  maxMs: 120_000,
};

/** A time varied at random by a share of itself in either direction; `random` gives numbers from 0 to 1. */
export function varyTime(ms: number, share: number, random: () => number = Math.random): number {
  return ms * (1 + share * (2 * random() - 1));
}

/** Exponential waits. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: () => number;
  #currentMs: number;

  /** `random` gives numbers from 0 to 1. */
  constructor(options: BackoffOptions = DEFAULT_BACKOFF, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
    this.#currentMs = options.initialMs;
  }

  /** The next wait, in ms. */
  next(): number {
    const { factor, jitter, maxMs } = this.#options;
    const waitMs = varyTime(this.#currentMs, jitter, this.#random);
    this.#currentMs = Math.min(maxMs, this.#currentMs * factor);
    return waitMs;
  }

  /** A connection worked: start over. */
  reset(): void {
    this.#currentMs = this.#options.initialMs;
  }
}
