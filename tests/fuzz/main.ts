/**
 * Fuzzes what reads octets of others: `deno task fuzz [--inputs N] [--seed S] [--case C]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { checkMix, MIN_MIX_INPUTS } from "./check_mix.ts";
import { measureHeapOctets } from "./heap.ts";
import { createLayers } from "./layers.ts";
import { FuzzFailure, type FuzzResult, runFuzz } from "./run_fuzz.ts";
import { startWatchdog } from "./watchdog.ts";

const DEFAULT_INPUTS = 100_000;
/** What the heap may grow by from a tenth of the run to its end, in octets: compiled code, not what a peer sent. */
const MAX_HEAP_GROWTH_OCTETS = 24 * 1024 * 1024;
const MEBIOCTET = 1024 * 1024;

/** How many octets the heap has grown by since a tenth of the run. */
class HeapGrowth {
  readonly #afterInputs: number;
  #startOctets: number | undefined;

  constructor(inputs: number) {
    this.#afterInputs = inputs / 10;
  }

  note(done: number): void {
    if (done >= this.#afterInputs) this.#startOctets ??= measureHeapOctets();
  }

  get octets(): number {
    return measureHeapOctets() - (this.#startOctets ?? Infinity);
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      inputs: { type: "string" },
      seed: { type: "string" },
      case: { type: "string" },
    },
  });
  const seed = readNumber("seed", values.seed) ?? Math.floor(Math.random() * 2 ** 31);
  const from = readNumber("case", values.case) ?? 0;
  const one = values.case === undefined ? undefined : 1;
  const inputs = readNumber("inputs", values.inputs) ?? one ?? DEFAULT_INPUTS;
  console.log(`Seed ${seed}, ${inputs} inputs from case ${from}`);
  const layers = await createLayers();
  using watchdog = startWatchdog(seed);
  const growth = new HeapGrowth(inputs);
  const step = Math.ceil(inputs / 10);
  let printed = 0;
  const onBatch = (done: number) => {
    growth.note(done);
    if (done < printed + step || done === inputs) return;
    printed = done;
    console.log(`${done} inputs`);
  };
  const result = await runFuzz(layers, { seed, from, inputs, onCase: watchdog.watch, onBatch });
  print(result);
  return judge(result, growth.octets);
}

function readNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,10}$/.test(text)) return Number(text);
  throw new FuzzFailure(`Cannot use --${name} "${text}": it is not a whole number`);
}

function print({ inputs, elapsedMs, inputsByLayer, tally }: FuzzResult): void {
  const byLayer = [...inputsByLayer].map(([name, count]) => `${name} ${count}`).join(", ");
  console.log(`${inputs} inputs in ${(elapsedMs / 1000).toFixed(1)} s: ${byLayer}`);
  for (const [what, count] of [...tally.counts].sort()) {
    console.log(`${String(count).padStart(9)}  ${what}`);
  }
}

/** Whether the run was one that could have found something, and kept nothing. */
function judge(result: FuzzResult, grownOctets: number): number {
  if (result.inputs < MIN_MIX_INPUTS) return 0;
  console.log(`The heap grew by ${(grownOctets / MEBIOCTET).toFixed(1)} MiB after a tenth of them`);
  const faults = checkMix(result);
  if (grownOctets > MAX_HEAP_GROWTH_OCTETS) faults.push("the heap grew too much");
  for (const fault of faults) console.error(`Not good enough: ${fault}`);
  return faults.length === 0 ? 0 : 1;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.error(error.message);
  if (error.cause !== undefined) console.error(error.cause);
  Deno.exitCode = 1;
}
