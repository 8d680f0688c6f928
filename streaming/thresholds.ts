import type { LatencySummary } from "./latency.ts";

/** What a threshold can be about; the sizes are ms, rows/s, and rows. */
const METRICS = ["p50", "p95", "p99", "max", "rate", "errors"] as const;

/** What a threshold can be about. */
export type Metric = (typeof METRICS)[number];

/** A limit that makes a run fail. */
export interface Threshold {
  /** As the user wrote it. */
  readonly text: string;
  readonly metric: Metric;
  readonly above: boolean;
  /** In ms for latencies, rows/s for `rate`, rows for `errors`; in percent of the rows read with `isShare`. */
  readonly limit: number;
  readonly isShare: boolean;
}

/** What a run came to. */
export interface Measured {
  readonly latency: LatencySummary | undefined;
  /** Rows answered per second. */
  readonly rate: number;
  /** Rows rejected or left without an answer. */
  readonly errors: number;
  readonly read: number;
}

const EXPRESSION = /^\s*(\w+)\s*([<>])\s*(\d+(?:\.\d+)?)\s*(\S*)\s*$/;

const LATENCY_UNITS_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  "µs": 0.001,
  ms: 1,
  s: 1000,
};

/**
 * Reads `p99>50ms`, `max>1s`, `rate<1000`, `errors>0`, `errors>1%`; undefined for anything else.
 *
 * A latency needs its unit; `rate` is rows/s, with or without `/s`.
 *
 * @example
 * ```ts
 * parseThreshold("p99>50ms"); // { metric: "p99", above: true, limit: 50, … }
 * ```
 */
export function parseThreshold(text: string): Threshold | undefined {
  const [, name, sign, number, unit = ""] = EXPRESSION.exec(text) ?? [];
  const metric = METRICS.find((known) => known === name);
  if (metric === undefined) return undefined;
  const scale = scaleOf(metric, unit);
  if (scale === undefined) return undefined;
  return {
    text: text.trim(),
    metric,
    above: sign === ">",
    limit: Number(number) * scale,
    isShare: unit === "%",
  };
}

function scaleOf(metric: Metric, unit: string): number | undefined {
  switch (metric) {
    case "p50":
    case "p95":
    case "p99":
    case "max":
      return LATENCY_UNITS_MS[unit];
    case "rate":
      return unit === "" || unit === "/s" ? 1 : undefined;
    case "errors":
      return unit === "" || unit === "%" ? 1 : undefined;
  }
}

/** What is said of a threshold that a run has failed; undefined if it holds, or nothing was measured. */
export function judgeThreshold(threshold: Threshold, measured: Measured): string | undefined {
  const value = valueOf(threshold, measured);
  if (value === undefined) return undefined;
  const { text, metric, above, limit, isShare } = threshold;
  if (above ? value <= limit : value >= limit) return undefined;
  const unit = metric === "rate" ? " rows/s" : metric !== "errors" ? " ms" : isShare ? " %" : "";
  return `The run fails --fail-if "${text}": ${metric} is ${trim(value)}${unit}`;
}

function valueOf({ metric, isShare }: Threshold, measured: Measured): number | undefined {
  switch (metric) {
    case "p50":
    case "p95":
    case "p99":
    case "max":
      return measured.latency?.[metric];
    case "rate":
      return measured.rate;
    case "errors":
      if (!isShare) return measured.errors;
      return measured.read === 0 ? 0 : measured.errors / measured.read * 100;
  }
}

function trim(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
