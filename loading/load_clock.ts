import { setImmediate } from "node:timers";
/** Time for a schedule, handed in so that tests can move it by hand. */
export interface LoadClock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Calls back once `dueMs` is reached, never before; the returned function takes that back. */
  at(dueMs: number, callback: () => void): () => void;
}

/** How long before the moment a timer is given up for looking at the clock; timers come up to a millisecond late. */
const SPIN_MS = 2;

/**
 * The real time, to some microseconds: it sleeps until 2 ms before the moment, then looks at the clock between two
 * turns of the event loop. A millisecond more, as timers have it, would be counted as the server's latency.
 */
export const SYSTEM_LOAD_CLOCK: LoadClock = {
  now: () => performance.now(),
  at(dueMs, callback) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isCancelled = false;
    const look = () => {
      if (isCancelled) return;
      const leftMs = dueMs - performance.now();
      if (leftMs <= 0) callback();
      else if (leftMs <= SPIN_MS) setImmediate(look);
      else timer = setTimeout(look, leftMs - SPIN_MS);
    };
    look();
    return () => {
      isCancelled = true;
      clearTimeout(timer);
    };
  },
};
