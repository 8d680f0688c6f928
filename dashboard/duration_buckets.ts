/** Buckets of each doubling of a duration: one is at most a sixteenth wide, so that what is read from it is 3 % off. */
const BUCKETS_PER_DOUBLING = 16;
const DOUBLING_BITS = 4;
/** What a bucket number can be of: 35 minutes and 47 seconds. Longer durations count as that. */
const MAX_MICROSECONDS = 2 ** 31 - 1;

/** Buckets there are. */
export const BUCKET_COUNT = bucketOf(MAX_MICROSECONDS / 1000) + 1;

/** The bucket of a duration: exact below 16 µs, and then 16 for each doubling. */
export function bucketOf(durationMs: number): number {
  const microseconds = Math.min(MAX_MICROSECONDS, Math.max(0, Math.round(durationMs * 1000)));
  if (microseconds < BUCKETS_PER_DOUBLING) return microseconds;
  const shift = 31 - Math.clz32(microseconds) - DOUBLING_BITS;
  return shift * BUCKETS_PER_DOUBLING + (microseconds >> shift);
}

/** The middle of a bucket, in ms. */
export function middleOf(bucket: number): number {
  if (bucket < 2 * BUCKETS_PER_DOUBLING) return bucket / 1000;
  const shift = Math.floor(bucket / BUCKETS_PER_DOUBLING) - 1;
  const lowest = (bucket - shift * BUCKETS_PER_DOUBLING) * 2 ** shift;
  return (lowest + 2 ** shift / 2) / 1000;
}

/** Durations in ms. */
export interface DurationSummary {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Reads percentiles from buckets; undefined without durations.
 *
 * @param counts pairs of a bucket and how many durations fell into it, in the order of the buckets
 * @param maxMs the longest, which no percentile exceeds
 */
export function summarizeDurations(
  counts: readonly (readonly [bucket: number, count: number])[],
  maxMs: number,
): DurationSummary | undefined {
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  if (total === 0) return undefined;
  const percentile = (share: number): number => {
    let left = Math.ceil(total * share);
    for (const [bucket, count] of counts) {
      left -= count;
      if (left <= 0) return Math.min(maxMs, middleOf(bucket));
    }
    return maxMs;
  };
  return {
    p50: toMicroseconds(percentile(0.5)),
    p95: toMicroseconds(percentile(0.95)),
    p99: toMicroseconds(percentile(0.99)),
    max: toMicroseconds(maxMs),
  };
}

/** Without digits below a microsecond. */
function toMicroseconds(durationMs: number): number {
  return Math.round(durationMs * 1000) / 1000;
}
