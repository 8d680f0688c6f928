/**
 * Waits for a promise, but not longer than `timeoutMs`, so that a test that hangs says what it waited for.
 *
 * @throws An error that begins with `what` when the time is up. The promise itself goes on: end what it waits
 * for as well.
 *
 * @example
 * ```ts
 * await withTimeout(server.finished, 5000, "the server to finish");
 * ```
 */
export async function withTimeout<T>(
  promise: PromiseLike<T>,
  timeoutMs: number,
  what: string,
): Promise<T> {
  const timeUp = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => timeUp.reject(new Error(`Timed out after ${timeoutMs} ms waiting for ${what}`)),
    timeoutMs,
  );
  try {
    return await Promise.race([promise, timeUp.promise]);
  } finally {
    clearTimeout(timer);
  }
}
