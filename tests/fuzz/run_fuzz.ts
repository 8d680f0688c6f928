import { Dice } from "./dice.ts";
import { type FuzzLayer, Tally } from "./layer.ts";
import { settle } from "./settle.ts";

/** Cases between two looks at what may be left of them. */
const BATCH = 256;

/** What a run did. */
export interface FuzzResult {
  readonly inputs: number;
  readonly tally: Tally;
  readonly inputsByLayer: ReadonlyMap<string, number>;
  readonly elapsedMs: number;
}

/** What to run; a failure names the seed and the case. */
export interface FuzzOptions {
  readonly seed: number;
  /** The first case. Default 0. */
  readonly from?: number;
  readonly inputs: number;
  /** Told before each case, for whoever watches that cases end. */
  readonly onCase?: (caseNumber: number) => void;
  /** Told after each batch. */
  readonly onBatch?: (done: number) => void;
}

/** An input that brought about what must not happen. */
export class FuzzFailure extends Error {
  override readonly name = "FuzzFailure";
}

/** Runs cases one after the other; the layer of each follows from its number. @throws FuzzFailure at the first one */
export async function runFuzz(
  layers: readonly FuzzLayer[],
  options: FuzzOptions,
): Promise<FuzzResult> {
  const { seed, from = 0, inputs, onCase, onBatch } = options;
  const schedule = createSchedule(layers);
  const tally = new Tally();
  const inputsByLayer = new Map<string, number>();
  const startedMs = performance.now();
  let current = from;
  const escaped: unknown[] = [];
  const onEscape = (event: PromiseRejectionEvent | ErrorEvent) => {
    event.preventDefault();
    escaped.push("reason" in event ? event.reason : event.error);
  };
  globalThis.addEventListener("unhandledrejection", onEscape);
  globalThis.addEventListener("error", onEscape);
  try {
    for (; current < from + inputs; current++) {
      onCase?.(current);
      const layer = schedule[current % schedule.length];
      await layer.run(new Dice(seed, current), tally);
      inputsByLayer.set(layer.name, (inputsByLayer.get(layer.name) ?? 0) + 1);
      const isLast = current + 1 === from + inputs;
      if (current % BATCH === BATCH - 1 || isLast) {
        await settle();
        await settle();
        for (const { check } of layers) check?.();
        onBatch?.(current + 1 - from);
      }
      if (escaped.length > 0) throw escaped[0];
    }
  } catch (error) {
    throw describe(error, { seed, current, escaped });
  } finally {
    globalThis.removeEventListener("unhandledrejection", onEscape);
    globalThis.removeEventListener("error", onEscape);
  }
  return { inputs, tally, inputsByLayer, elapsedMs: performance.now() - startedMs };
}

function describe(
  cause: unknown,
  at: { readonly seed: number; readonly current: number; readonly escaped: readonly unknown[] },
): FuzzFailure {
  const what = at.escaped.length > 0 ? "An error escaped" : "The input was taken wrongly";
  const again = `deno task fuzz --seed ${at.seed} --case ${at.current}`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new FuzzFailure(`${what} at case ${at.current} (again: ${again}): ${reason}`, { cause });
}

/** Spreads the layers over a hundred cases, so that every stretch of a run has all of them. */
function createSchedule(layers: readonly FuzzLayer[]): FuzzLayer[] {
  const slots = layers.flatMap((layer) =>
    Array.from({ length: layer.share }, (_, index) => ({
      layer,
      place: (index + 0.5) / layer.share,
    }))
  );
  return slots.sort((left, right) => left.place - right.place).map(({ layer }) => layer);
}
