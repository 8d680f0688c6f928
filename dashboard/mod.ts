export { type Dashboard, openDashboard } from "./dashboard.ts";
export type { DashboardOptions } from "./dashboard_options.ts";
export { LocalWatch } from "./local_watch.ts";
export type { MetricJson, Sample, SampleBatch, ServerWatch } from "./server_watch.ts";
export { mergeSnapshots, type MethodStats, type StatsSnapshot } from "./stats_snapshot.ts";
