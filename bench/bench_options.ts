import { parseArgs } from "node:util";
import { BENCH_PEERS } from "./peers.ts";

/** What `deno task bench` was asked for. */
export interface BenchOptions {
  /** Letters of works; all by default. */
  readonly only: readonly string[] | undefined;
  /** Keys of peers; all by default. Ours is always among them. */
  readonly peers: readonly string[];
  readonly rounds: number;
  /** Length of one measurement, in ms. */
  readonly runMs: number;
  /** Part of the rows that a CSV run has. */
  readonly rowShare: number;
  readonly out: string;
  /** Writes docs/performance.md and its image anew. */
  readonly record: boolean;
}

export const USAGE = `Usage: deno task bench [--quick] [--only a,d] [--peers ours,cpp] [--rounds N]
                       [--out FILE] [--record]

  --quick   a minute or two: 2 rounds of 0.25 s in place of 5 of 1 s
  --only    letters of the works to run
  --peers   ${BENCH_PEERS.map(({ key }) => key).join(", ")}
  --out     where the results go as JSON (default: dist/bench.json)
  --record  write the results into docs/performance.md and docs/images/performance.svg`;

/** @throws Error for a flag or a value that there is not */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      peers: { type: "string" },
      rounds: { type: "string" },
      out: { type: "string", default: "dist/bench.json" },
      record: { type: "boolean", default: false },
    },
  });
  const { quick, out, record } = values;
  const rounds = Number(values.rounds ?? (quick ? 2 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) {
    throw new Error(`Cannot run --rounds "${values.rounds}": it has to be an integer from 1`);
  }
  const keys = BENCH_PEERS.map(({ key }) => key);
  const asked = values.peers?.split(",");
  const unknown = asked?.find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new Error(`Cannot find the peer "${unknown}": there are ${keys.join(", ")}`);
  }
  const only = values.only?.split(",");
  const noWork = only?.find((letter) => !/^[a-h]$/.test(letter));
  if (noWork !== undefined) throw new Error(`Cannot run the work "${noWork}": there are a to h`);
  return {
    only,
    peers: keys.filter((key) => key === "ours" || asked?.includes(key) !== false),
    rounds,
    runMs: quick ? 250 : 1000,
    rowShare: quick ? 0.2 : 1,
    out,
    record,
  };
}
