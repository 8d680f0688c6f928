export { callFailure } from "./call_failure.ts";
export { describeShortfall } from "./describe_shortfall.ts";
export { formatSummary } from "./format_summary.ts";
export type { LatencySummary } from "./latency.ts";
export {
  type RowCall,
  streamRows,
  type StreamRowsOptions,
  type StreamSummary,
} from "./stream_rows.ts";
