import { build, type Histogram } from "hdr-histogram-js";

/** Latencies in ms. */
export interface LatencySummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** Longest latency that is told apart: 1 h. Longer ones count as that. */
const MAX_MICROSECONDS = 3_600_000_000;

/** Counts latencies, with three significant digits from 1 µs to 1 h. */
export class LatencyRecorder {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });

  /** The last latency, and how often it came in a row: rows that leave together are often answered together. */
  #last = 0;
  #times = 0;

  record(latencyMs: number): void {
    const microseconds = Math.min(MAX_MICROSECONDS, Math.max(1, Math.round(latencyMs * 1000)));
    if (microseconds === this.#last) {
      this.#times++;
      return;
    }
    this.#flush();
    this.#last = microseconds;
    this.#times = 1;
  }

  #flush(): void {
    if (this.#times > 0) this.#histogram.recordValueWithCount(this.#last, this.#times);
    this.#times = 0;
  }

  /** Undefined if nothing was recorded. */
  summarize(): LatencySummary | undefined {
    this.#flush();
    if (this.#histogram.totalCount === 0) return undefined;
    const max = this.#histogram.maxValue / 1000;
    // A percentile is the upper end of its bucket, which may lie above the greatest latency.
    const at = (percentile: number) =>
      Math.min(max, this.#histogram.getValueAtPercentile(percentile) / 1000);
    return { p50: at(50), p95: at(95), p99: at(99), max };
  }
}
