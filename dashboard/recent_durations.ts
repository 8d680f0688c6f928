import { BUCKET_COUNT, bucketOf } from "./duration_buckets.ts";

/** The minute is forgotten in pieces of this length, in ms. */
const SLOT_MS = 10_000;
const SLOTS = 6;

/** Durations that were recorded within the last minute, give or take 10 s. Uses 11 KiB once there is one. */
export class RecentDurations {
  #counts: Uint32Array | undefined;
  readonly #maxMs = new Float64Array(SLOTS);
  /** Which ten seconds each slot stands for. */
  readonly #periods = new Float64Array(SLOTS).fill(-1);

  record(durationMs: number, nowMs: number): void {
    const counts = this.#counts ??= new Uint32Array(SLOTS * BUCKET_COUNT);
    const period = Math.floor(nowMs / SLOT_MS);
    const slot = period % SLOTS;
    const start = slot * BUCKET_COUNT;
    if (this.#periods[slot] !== period) {
      this.#periods[slot] = period;
      this.#maxMs[slot] = 0;
      counts.fill(0, start, start + BUCKET_COUNT);
    }
    counts[start + bucketOf(durationMs)]++;
    if (durationMs > this.#maxMs[slot]) this.#maxMs[slot] = durationMs;
  }

  /** Pairs of a bucket and its count, in the order of the buckets, and the longest duration in ms. */
  read(nowMs: number): {
    readonly counts: readonly (readonly [bucket: number, count: number])[];
    readonly maxMs: number;
  } {
    const period = Math.floor(nowMs / SLOT_MS);
    const sums = new Uint32Array(BUCKET_COUNT);
    let maxMs = 0;
    for (let slot = 0; slot < SLOTS; slot++) {
      if (this.#counts === undefined || this.#periods[slot] <= period - SLOTS) continue;
      maxMs = Math.max(maxMs, this.#maxMs[slot]);
      const start = slot * BUCKET_COUNT;
      for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
        sums[bucket] += this.#counts[start + bucket];
      }
    }
    const counts: [number, number][] = [];
    for (const [bucket, count] of sums.entries()) if (count > 0) counts.push([bucket, count]);
    return { counts, maxMs };
  }
}
