/**
 * Watches from a thread of its own that cases end: an endless loop leaves the main thread no chance to say so.
 *
 * @module
 */

/** Seconds that one case may take; the slowest takes milliseconds. */
const MAX_CASE_SECONDS = 30;

/** Tells the watchdog which case is under way. */
export interface Watchdog extends Disposable {
  readonly watch: (caseNumber: number) => void;
}

/** Starts watching; a case that does not end is printed, and the process ended. */
export function startWatchdog(seed: number): Watchdog {
  const current = new Float64Array(new SharedArrayBuffer(8));
  const worker = new Worker(import.meta.url, { type: "module" });
  worker.postMessage({ current, seed });
  return {
    watch: (caseNumber) => current[0] = caseNumber,
    [Symbol.dispose]: () => worker.terminate(),
  };
}

interface WorkerScope {
  onmessage: (event: MessageEvent<{ current: Float64Array; seed: number }>) => void;
}

/** What the thread does: this module again. */
function watchCases(scope: WorkerScope): void {
  scope.onmessage = ({ data: { current, seed } }) => {
    let seen = -1;
    let seconds = 0;
    setInterval(() => {
      seconds = current[0] === seen ? seconds + 1 : 0;
      seen = current[0];
      if (seconds < MAX_CASE_SECONDS) return;
      console.error(
        `Case ${seen} does not end; again: deno task fuzz --seed ${seed} --case ${seen}`,
      );
      Deno.kill(Deno.pid, "SIGKILL");
    }, 1000);
  };
}

if ("WorkerGlobalScope" in globalThis) watchCases(globalThis as unknown as WorkerScope);
