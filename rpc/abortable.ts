/** Settles with the promise, or rejects when the signal aborts first; what comes too late is handed to `discard`. */
export function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
  discard: (late: Value) => void = () => {},
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    promise.then(
      (value) => signal.aborted ? discard(value) : resolve(value),
      reject,
    ).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/** Waits, or rejects with the signal's reason when it aborts first. */
export async function wait(waitMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  try {
    await untilAborted(promise, signal);
  } finally {
    clearTimeout(timer);
    resolve();
  }
}
