import type { Duration, TimestampInit } from "./gen/device_controller.ts";
import { RpcError, Status } from "./gen/runtime/rpc.ts";

const DEFAULT_INTERVAL_MS = 1_000;
const MIN_INTERVAL_MS = 10;
const MAX_INTERVAL_MS = 3_600_000;

/** A `Duration` in ms; 1 s where there is none. @throws RpcError if it is not 10 ms to 1 h */
export function intervalMs(duration: Duration | null): number {
  if (duration === null) return DEFAULT_INTERVAL_MS;
  const ms = Number(duration.seconds) * 1_000 + duration.nanos / 1e6;
  if (ms >= MIN_INTERVAL_MS && ms <= MAX_INTERVAL_MS) return ms;
  throw new RpcError(Status.INVALID_ARGUMENT, `interval is ${ms} ms: it must be 10 ms to 1 h`);
}

/** ms since the beginning of 1970, as a `google.protobuf.Timestamp`. */
export function toTimestamp(ms: number): TimestampInit {
  const whole = Math.floor(ms);
  return { seconds: String(Math.floor(whole / 1_000)), nanos: (whole % 1_000) * 1_000_000 };
}

/**
 * The times at which something is due: now, and then at each interval; ends when the signal aborts. A time that was
 * missed because the reader was slow is left out.
 */
export async function* dueTimes(
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<number, void, undefined> {
  const startMs = performance.now();
  for (let turn = 0; !signal.aborted;) {
    yield Date.now();
    turn = Math.max(turn + 1, Math.ceil((performance.now() - startMs) / everyMs));
    await waitUntil(startMs + turn * everyMs, signal);
  }
}

/** Settles at a time of `performance.now()`, or when the signal aborts. */
function waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, dueMs - performance.now());
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
