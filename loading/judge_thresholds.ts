import { UsageError } from "../cli/mod.ts";
import { judgeThreshold, parseThreshold, type Threshold } from "../streaming/thresholds.ts";
import type { LoadReport } from "./load_report.ts";

/** Reads the texts of `--fail-if`. @throws UsageError for one that cannot be read */
export function readThresholds(texts: readonly string[]): Threshold[] {
  return texts.map((text) => {
    const threshold = parseThreshold(text);
    if (threshold !== undefined) return threshold;
    throw new UsageError(
      `Cannot use --fail-if "${text}": want p50, p95, p99 or max with a time (p99>50ms), ` +
        `rate (rate<1000) or errors (errors>0, errors>1%)`,
    );
  });
}

/**
 * What is said of the thresholds that a load has failed.
 *
 * `rate` and the share of `errors` are of what `--rps` counts: calls, or messages where the requests are a stream.
 */
export function judgeThresholds(thresholds: readonly Threshold[], report: LoadReport): string[] {
  const { calls, messages, latencyMs: latency, kind } = report;
  const countsMessages = kind === "bidirectional" || kind === "client_streaming";
  const measured = {
    latency,
    rate: countsMessages ? messages.sentPerSecond : calls.perSecond,
    errors: calls.failed + calls.cutOff + messages.unanswered,
    read: countsMessages ? messages.sent : calls.started,
  };
  const unit = countsMessages ? "messages/s" : "calls/s";
  return thresholds.flatMap((threshold) => judgeThreshold(threshold, measured) ?? [])
    .map((sentence) => sentence.replace(" rows/s", ` ${unit}`));
}
