import type { WorkReport } from "./report.ts";
import type { Summary } from "./samples.ts";

/** What was asked of a work, and what came of it. */
export interface Verdict {
  readonly letter: string;
  readonly target: string;
  readonly found: string;
  /** Undefined where a peer or a work was left out. */
  readonly isMet: boolean | undefined;
}

/** One target: a number that has to be reached, or not to be passed. */
interface Target {
  readonly letter: string;
  readonly text: string;
  readonly limit: number;
  readonly isUpper?: boolean;
  measure(results: Results): number | undefined;
}

/** The summary of a peer at a work. */
type Results = (letter: string, key: string) => Summary | undefined;

const ratioTo = (letter: string, key: string, name: string, limit: number): Target => ({
  letter,
  text: `at least ${limit} × ${name}`,
  limit,
  measure: (results) => results(letter, key)?.ratio,
});

const noSlower = (letter: string): Target[] =>
  (["p50", "p99"] as const).map((quantile) => ({
    letter,
    text: `${quantile} at most that of C++ sync`,
    limit: 1,
    isUpper: true,
    measure: (results) => results(letter, "cpp")?.[quantile === "p50" ? "ratio" : "p99Ratio"],
  }));

/** Those of issue 9; its (c) is judged both with a core each and as the scheduler likes, which differ. */
const TARGETS: readonly Target[] = [
  ratioTo("a", "grpc-js", "grpc-js on Node", 12),
  ratioTo("a", "cpp", "C++ sync", 7),
  ratioTo("a", "grpcio", "grpcio", 90),
  ...noSlower("c"),
  ratioTo("d", "grpc-js", "grpc-js on Node", 2),
  {
    letter: "e",
    text: "at least 1000 MB/s each way",
    limit: 1000,
    measure: (results) => divide(results("e", "ours")?.median, 1e6),
  },
  {
    letter: "f",
    text: "at least 0.6 of (a)",
    limit: 0.6,
    measure: (results) => divide(results("f", "ours")?.median, results("a", "ours")?.median),
  },
  {
    letter: "g",
    text: "at least 600,000 rows/s",
    limit: 600_000,
    measure: (results) => results("g", "ours")?.median,
  },
  ...noSlower("h"),
];

/** Compares with the targets whose works were run. */
export function judgeTargets(works: readonly WorkReport[]): Verdict[] {
  const results: Results = (letter, key) =>
    works.find((work) => work.letter === letter)?.results.find((row) => row.key === key)?.summary;
  return TARGETS
    .filter(({ letter }) => works.some((work) => work.letter === letter))
    .map(({ letter, text, limit, isUpper = false, measure }) => {
      const found = measure(results);
      return {
        letter,
        target: text,
        found: found === undefined ? "" : formatFound(found),
        isMet: found === undefined ? undefined : isUpper ? found <= limit : found >= limit,
      };
    });
}

function divide(above: number | undefined, below: number | undefined): number | undefined {
  return above === undefined || below === undefined ? undefined : above / below;
}

function formatFound(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(3);
}
