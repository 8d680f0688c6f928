import { Backoff } from "../rpc/backoff.ts";

const BACKOFF = { initialMs: 1000, factor: 2, jitter: 0.2, maxMs: 30_000 } as const;
/** Who served for so long has not failed by its nature. */
const SOUND_AFTER_MS = 60_000;

/** How long to wait before what has ended is started again, in ms: at first not at all, its end may have been a chance. */
export class RestartWaits {
  readonly #backoff: Backoff;
  #isFirst = true;

  /** `random` gives numbers from 0 to 1. */
  constructor(random: () => number = Math.random) {
    this.#backoff = new Backoff(BACKOFF, random);
  }

  /** The next wait. */
  next(): number {
    if (!this.#isFirst) return this.#backoff.next();
    this.#isFirst = false;
    return 0;
  }

  /** It has served for a while before it ended. */
  served(durationMs: number): void {
    if (durationMs < SOUND_AFTER_MS) return;
    this.#backoff.reset();
    this.#isFirst = true;
  }
}
