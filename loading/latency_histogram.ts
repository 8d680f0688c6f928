import { build, type Histogram } from "hdr-histogram-js";

/** Latencies in ms. */
export interface LatencyReport {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly histogram: readonly LatencyBar[];
}

/** How many latencies lie above `fromMs` and not above `toMs`. */
export interface LatencyBar {
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
}

/** Longest latency that is told apart: 1 h. Longer ones count as that. */
const MAX_MICROSECONDS = 3_600_000_000;
/** The shape shows in ten bars, and they fit a terminal. */
const BAR_COUNT = 10;

/** Counts latencies, with three significant digits from 1 µs to 1 h, in constant memory. */
export class LatencyHistogram {
  readonly #histogram: Histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_MICROSECONDS,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
  });

  record(latencyMs: number): void {
    const microseconds = Math.max(1, Math.round(latencyMs * 1000));
    this.#histogram.recordValue(Math.min(microseconds, MAX_MICROSECONDS));
  }

  /** Undefined if nothing was recorded. */
  report(): LatencyReport | undefined {
    const histogram = this.#histogram;
    if (histogram.totalCount === 0) return undefined;
    const max = histogram.maxValue / 1000;
    // A percentile is the upper end of its bucket, which may lie above the greatest latency.
    const at = (percentile: number) =>
      Math.min(max, histogram.getValueAtPercentile(percentile) / 1000);
    return {
      count: histogram.totalCount,
      min: Math.min(max, histogram.minNonZeroValue / 1000),
      mean: histogram.mean / 1000,
      p50: at(50),
      p75: at(75),
      p90: at(90),
      p95: at(95),
      p99: at(99),
      p999: at(99.9),
      max,
      histogram: this.#bars(),
    };
  }

  /** Bars of equal width up to the 99th percentile, and one for all above it, which would flatten the others. */
  #bars(): LatencyBar[] {
    const histogram = this.#histogram;
    const min = histogram.minNonZeroValue;
    const max = histogram.maxValue;
    const p99 = Math.min(max, histogram.getValueAtPercentile(99));
    const width = Math.max(1, (p99 - min) / (BAR_COUNT - 1));
    const ends: number[] = [];
    for (let bar = 1; bar < BAR_COUNT && min + bar * width < max; bar++) {
      ends.push(Math.round(min + bar * width));
    }
    ends.push(max);
    const bars: LatencyBar[] = [];
    let from = min;
    let counted = 0;
    for (const to of ends) {
      const total = to === max ? histogram.totalCount : this.#countUpTo(to);
      bars.push({ fromMs: from / 1000, toMs: to / 1000, count: total - counted });
      counted = total;
      from = to;
    }
    return bars;
  }

  /** How many lie at or below a value. The library tells the value of a rank, so the rank is searched for. */
  #countUpTo(microseconds: number): number {
    const total = this.#histogram.totalCount;
    let low = 0;
    let high = total;
    while (low < high) {
      const rank = Math.ceil((low + high) / 2);
      const value = this.#histogram.getValueAtPercentile(100 * rank / total);
      if (value <= microseconds) low = rank;
      else high = rank - 1;
    }
    return low;
  }
}
