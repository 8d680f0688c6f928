export type { ReadId } from "./answer_join.ts";
export { callFailure } from "./call_failure.ts";
export { checkFlags, checkKind } from "./check_flags.ts";
export { connectPatiently, tryPatiently } from "./connect_patiently.ts";
export { createPacer } from "./create_pacer.ts";
export { createEncodedRows } from "./encoded_rows.ts";
export { describeShortfall } from "./describe_shortfall.ts";
export { endFinished } from "./end_finished.ts";
export { explainTaken } from "./explain_taken.ts";
export { formatSummary } from "./format_summary.ts";
export { readIdField } from "./id_field.ts";
export type { RowCall } from "./lane.ts";
export type { LatencySummary } from "./latency.ts";
export { LiveTalk } from "./live_talk.ts";
export { type Pacer, RatePacer, ReplayPacer } from "./pacer.ts";
export type { Rejection } from "./rejection.ts";
export { reportRun } from "./report_run.ts";
export { findResumePoint, type ResumePoint } from "./resume_point.ts";
export type { RetryOptions, RetryWait } from "./retries.ts";
export { sourceName, StreamInput } from "./stream_input.ts";
export type {
  Grouper,
  Outcome,
  StreamCounts,
  StreamRowsOptions,
  StreamSummary,
} from "./stream_options.ts";
export { StreamOutput } from "./stream_output.ts";
export { RowRun, streamRows } from "./stream_rows.ts";
export { createWrittenDefinition } from "./written_definition.ts";
