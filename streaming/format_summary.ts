import { formatMs, groupDigits } from "./format_counts.ts";
import type { StreamSummary } from "./stream_options.ts";

/** The lines at the end of a run: what became of the rows, and how long answers took. */
export function formatSummary(summary: StreamSummary): string[] {
  const { read, sent, answered, answers, rejected, resent, durationMs, latency } = summary;
  const more = answers > answered ? ` (${groupDigits(answers)} answers)` : "";
  const again = resent > 0 ? `, ${groupDigits(resent)} sent again` : "";
  const lines = [
    `${groupDigits(read)} ${read === 1 ? "row" : "rows"} read, ${
      groupDigits(sent)
    } sent${again}, ` +
    `${groupDigits(answered)} answered${more}, ${groupDigits(rejected)} rejected in ` +
    `${formatMs(durationMs)} (${groupDigits(Math.round(rowsPerSecond(summary)))} rows/s)`,
  ];
  if (latency === undefined) return lines;
  const { p50, p95, p99, max } = latency;
  lines.push(
    `latency p50 ${formatMs(p50)}, p95 ${formatMs(p95)}, p99 ${formatMs(p99)}, max ${
      formatMs(max)
    }`,
  );
  return lines;
}

/** Rows answered per second of the run. */
export function rowsPerSecond({ answered, durationMs }: StreamSummary): number {
  return durationMs > 0 ? answered / durationMs * 1000 : 0;
}
