import { formatLeft, formatMs, groupDigits } from "./format_counts.ts";
import type { StreamCounts } from "./stream_options.ts";

/** How far an input is. */
export interface InputShare {
  readonly readOctets: number;
  /** Undefined for an input whose end nobody knows. */
  readonly totalOctets: number | undefined;
}

/** Speed is that of about so many ms. */
const WINDOW_MS = 3000;

/** The line that says how far a run is; the clock is handed in. */
export class ProgressLine {
  readonly #startMs: number;
  /** Moments of the last `WINDOW_MS`, oldest first. */
  #moments: { readonly atMs: number; readonly answered: number }[];

  constructor(startMs: number) {
    this.#startMs = startMs;
    this.#moments = [{ atMs: startMs, answered: 0 }];
  }

  /** `12,000 rows answered, 3,000 rows/s, 40 in flight, p50 1.2 ms, p99 3.4 ms, 20 s left`. */
  format(counts: StreamCounts, share: InputShare, nowMs: number): string {
    const { answered, rejected, inFlight, latency } = counts;
    this.#moments.push({ atMs: nowMs, answered });
    while (this.#moments.length > 2 && (this.#moments[0]?.atMs ?? 0) < nowMs - WINDOW_MS) {
      this.#moments.shift();
    }
    const [oldest] = this.#moments;
    const passedMs = nowMs - (oldest?.atMs ?? nowMs);
    const rate = passedMs > 0 ? (answered - (oldest?.answered ?? 0)) / passedMs * 1000 : 0;
    const parts = [
      `${groupDigits(answered)} rows answered`,
      `${groupDigits(Math.round(rate))} rows/s`,
      `${groupDigits(inFlight)} in flight`,
    ];
    if (rejected > 0) parts.push(`${groupDigits(rejected)} rejected`);
    if (latency !== undefined) {
      parts.push(`p50 ${formatMs(latency.p50)}`, `p99 ${formatMs(latency.p99)}`);
    }
    const leftMs = this.#left(counts, share, nowMs);
    if (leftMs !== undefined) parts.push(`${formatLeft(leftMs)} left`);
    return parts.join(", ");
  }

  #left(counts: StreamCounts, share: InputShare, nowMs: number): number | undefined {
    const { readOctets, totalOctets } = share;
    if (totalOctets === undefined || totalOctets === 0 || counts.read === 0) return undefined;
    const dealtWith = counts.answered + counts.rejected;
    // The reader is ahead of the answers, by what waits between them.
    const done = Math.min(1, readOctets / totalOctets) * Math.min(1, dealtWith / counts.read);
    const passedMs = nowMs - this.#startMs;
    return done > 0 && passedMs >= 1000 ? passedMs / done - passedMs : undefined;
  }
}
