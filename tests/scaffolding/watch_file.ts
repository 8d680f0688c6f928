/** A worker that looks for a file until it is told to stop: a process that is killed leaves what such a look finds. */

/** Where what is in the shared counts. */
export const WATCH = { LOOKS: 0, MISSES: 1, STOP: 2 } as const;

interface Watched {
  readonly path: string;
  readonly counts: Int32Array;
}

/** Of a worker alone, which has no other part in the types of the main thread. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Watched>) => void;
  postMessage(message: unknown): void;
};

if (typeof scope.postMessage === "function") {
  scope.onmessage = ({ data: { path, counts } }) => {
    scope.postMessage("begun");
    while (Atomics.load(counts, WATCH.STOP) === 0) {
      Atomics.add(counts, WATCH.LOOKS, 1);
      try {
        Deno.statSync(path);
      } catch {
        Atomics.add(counts, WATCH.MISSES, 1);
      }
    }
    scope.postMessage("ended");
  };
}
