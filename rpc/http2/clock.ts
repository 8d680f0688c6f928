import { setImmediate } from "node:timers";
import { Ticker } from "./ticker.ts";

/** Time, handed in so that tests can move it by hand. */
export interface Clock {
  /** Milliseconds since some fixed moment; never goes back. */
  now(): number;
  /** Calls `callback` every `intervalMs` until the returned function is called. */
  every(intervalMs: number, callback: () => void): () => void;
  /** Settles in a later turn of the event loop: others whose sockets are ready come first. */
  turn(): Promise<void>;
}

/** One for each interval that is asked for: connections all ask for the same. */
const TICKERS = new Map<number, Ticker>();

/** The real time. Its timers do not keep the process alive. */
export const SYSTEM_CLOCK: Clock = {
  now: () => performance.now(),
  every(intervalMs, callback) {
    let ticker = TICKERS.get(intervalMs);
    if (ticker === undefined) TICKERS.set(intervalMs, ticker = new Ticker(intervalMs));
    return ticker.add(callback);
  },
  turn: () => new Promise((resolve) => void setImmediate(resolve)),
};
