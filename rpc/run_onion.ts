/** One layer. */
export interface Layer<Call, Result> {
  /** For messages; may be empty. */
  readonly name: string;
  /** Calls `next()` once. */
  run(call: Call, next: () => Promise<Result>): void | Promise<void>;
}

/** What an onion is made of. */
export interface OnionParts<Call, Result> {
  /** The outermost first. */
  readonly layers: readonly Layer<Call, Result>[];
  readonly call: Call;
  /** What is inside of all layers. */
  readonly core: () => Promise<Result>;
  /** Makes the error of a layer that did what it must not. */
  readonly misused: (sentence: string) => Error;
}

/** A run of an onion. */
export interface OnionRun {
  /** Rejects with what the outermost layer fails with. */
  readonly outcome: Promise<void>;
  /** Settles when every layer has returned, those included that an outer one did not wait for. Never rejects. */
  readonly idle: Promise<void>;
}

/**
 * Runs interceptors around a core, at once as far as they do not wait.
 *
 * A layer that returns while what is inside of it still runs takes its end; one that returns after a failure lets the
 * failure stand. It follows that a forgotten `await` is harmless, and that no watcher makes a call succeed.
 */
export function runOnion<Call, Result>(parts: OnionParts<Call, Result>): OnionRun {
  const running: Promise<unknown>[] = [];
  const enter = (depth: number): Promise<Result> => {
    const inside = depth === parts.layers.length
      ? callNow(parts.core)
      : runLayer(parts, depth, () => enter(depth + 1));
    // A layer may never ask how it ended.
    inside.catch(() => {});
    running.push(inside);
    return inside;
  };
  const outcome = enter(0).then(() => {});
  return { outcome, idle: allSettled(running) };
}

async function runLayer<Call, Result>(
  { layers, call, misused }: OnionParts<Call, Result>,
  depth: number,
  enter: () => Promise<Result>,
): Promise<Result> {
  const layer = layers[depth];
  const name = layer.name === "" ? `number ${depth + 1}` : `"${layer.name}"`;
  let inside: Promise<Result> | undefined;
  let fault: Error | undefined;
  let returned = false;
  const next = (): Promise<Result> => {
    if (inside === undefined && !returned) return inside = enter();
    const error = misused(
      returned
        ? `The interceptor ${name} called next() after it had returned`
        : `The interceptor ${name} called next() twice`,
    );
    fault ??= error;
    const refused = Promise.reject<Result>(error);
    refused.catch(() => {});
    return refused;
  };
  try {
    await layer.run(call, next);
  } finally {
    returned = true;
  }
  if (fault !== undefined) throw fault;
  if (inside !== undefined) return await inside;
  throw misused(`The interceptor ${name} returned without next(): throw an RpcError to refuse`);
}

/** A function that throws is a promise that rejects. */
async function callNow<Result>(run: () => Promise<Result>): Promise<Result> {
  return await run();
}

/** Settles when all have that are there, or come while it waits. */
async function allSettled(promises: readonly Promise<unknown>[]): Promise<void> {
  for (let index = 0; index < promises.length; index++) await promises[index].catch(() => {});
}
