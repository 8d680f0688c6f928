import type { StreamSummary } from "./stream_rows.ts";

/** The two lines at the end of a run: what became of the rows, and how long answers took. */
export function formatSummary(summary: StreamSummary): string[] {
  const { read, sent, answered, rejected, durationMs, latency } = summary;
  const perSecond = durationMs > 0 ? answered / durationMs * 1000 : 0;
  const rows = `${group(read)} ${read === 1 ? "row" : "rows"} read, ${group(sent)} sent, ` +
    `${group(answered)} answered, ${group(rejected)} rejected in ${formatMs(durationMs)} ` +
    `(${group(Math.round(perSecond))} rows/s)`;
  if (latency === undefined) return [rows];
  const { p50, p95, p99, max } = latency;
  const latencies = `latency p50 ${formatMs(p50)}, p95 ${formatMs(p95)}, p99 ${formatMs(p99)}, ` +
    `max ${formatMs(max)}`;
  return [rows, latencies];
}

/** `2,000,000`. */
function group(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `0.412 ms`, `12.3 ms`, `4.21 s`. */
function formatMs(ms: number): string {
  // What rounds up to 1000 ms is 1 s.
  return ms < 999.5 ? `${trim(ms)} ms` : `${trim(ms / 1000)} s`;
}

/** Three significant digits, or all of those before the point. */
function trim(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}
