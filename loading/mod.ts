export { formatReport } from "./format_report.ts";
export { SYSTEM_LOAD_CLOCK } from "./load_clock.ts";
export { type LoadPlan, rawMethod } from "./load_plan.ts";
export { createLoadReport, type LoadReport } from "./load_report.ts";
export { encodePayloads } from "./encode_payloads.ts";
export { type LoadOutcome, runLoad } from "./run_load.ts";
export { judgeThresholds, readThresholds } from "./judge_thresholds.ts";
