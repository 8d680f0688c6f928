import { setImmediate } from "node:timers";

/** Waits until everything in memory has come to rest: no microtask is left that could go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
