import { escapeControls } from "../cli/mod.ts";
import type { LatencyReport } from "./latency_histogram.ts";
import type { LoadReport } from "./load_report.ts";

/** The report for people: what was done, rates, statuses, latencies with their shape, and what to make of it. */
export function formatReport(report: LoadReport): string {
  const blocks = [formatHead(report), formatCounts(report)];
  if (report.latencyMs !== undefined) blocks.push(formatLatency(report, report.latencyMs));
  if (report.errors.length > 0) blocks.push(formatErrors(report));
  if (report.notes.length > 0) {
    blocks.push(["Notes", ...report.notes.map((note) => `  - ${note}.`)].join("\n"));
  }
  return `${blocks.join("\n\n")}\n`;
}

function formatHead(report: LoadReport): string {
  const { connections, streams, targetPerSecond, kind } = report;
  const isStreamOfRequests = kind === "client_streaming" || kind === "bidirectional";
  const parts = [
    `${plural(connections, "connection")} × ${plural(streams, "call")} at a time`,
  ];
  if (report.maxInFlight !== undefined) {
    parts.push(`up to ${plural(report.maxInFlight, "message")} in flight in each`);
  }
  if (report.messagesPerCall !== undefined) {
    parts.push(`${group(report.messagesPerCall)} messages a call`);
  }
  parts.push(
    targetPerSecond === undefined
      ? "closed loop"
      : `open loop at ${group(targetPerSecond)} ${isStreamOfRequests ? "messages" : "calls"}/s`,
  );
  const title = `${report.method} (${kind.replaceAll("_", " ")}) on ${report.target}`;
  return `${title}\n${parts.join(", ")}`;
}

function formatCounts(report: LoadReport): string {
  const { calls, messages, octets, durationMs, interrupted } = report;
  const rows: [string, string][] = [];
  const until = interrupted ? ", interrupted" : "";
  rows.push(["Duration", formatMs(durationMs) + until]);
  rows.push(["Calls", `${group(calls.finished)} (${formatRate(calls.perSecond)} calls/s)`]);
  if (report.kind !== "unary") {
    rows.push([
      "Messages sent",
      `${group(messages.sent)} (${formatRate(messages.sentPerSecond)}/s)`,
    ]);
    rows.push([
      "Messages received",
      `${group(messages.received)} (${formatRate(messages.receivedPerSecond)}/s)`,
    ]);
  }
  rows.push([
    "Payload",
    `${formatOctets(octets.sentPerSecond)}/s sent, ${
      formatOctets(octets.receivedPerSecond)
    }/s received`,
  ]);
  const statuses = Object.entries(report.statuses).map(([name, count]) =>
    `${name} ${group(count)}`
  );
  if (calls.cutOff > 0) statuses.push(`cut off ${group(calls.cutOff)}`);
  rows.push(["Statuses", statuses.length === 0 ? "none" : statuses.join(", ")]);
  const { schedule } = report;
  if (schedule !== undefined) {
    const share = schedule.due === 0 ? 0 : schedule.late / schedule.due * 100;
    rows.push([
      "Schedule",
      `${group(schedule.due)} due, ${group(schedule.late)} late by more than 1 ms ` +
      `(${share.toFixed(1)} %; at most ${formatMs(schedule.maxLateMs)}), ` +
      `${group(schedule.missed)} never started`,
    ]);
  }
  return rows.map(([name, value]) => `${name.padEnd(19)}${value}`).join("\n");
}

function formatLatency(report: LoadReport, latency: LatencyReport): string {
  const rows: [string, number][] = [
    ["min", latency.min],
    ["mean", latency.mean],
    ["p50", latency.p50],
    ["p75", latency.p75],
    ["p90", latency.p90],
    ["p95", latency.p95],
    ["p99", latency.p99],
    ["p99.9", latency.p999],
    ["max", latency.max],
  ];
  const lines = rows.map(([name, ms]) => `  ${name.padEnd(6)}${formatMs(ms).padStart(10)}`);
  return [`Latency (${describeLatency(report)})`, ...lines, "", ...formatBars(latency)].join("\n");
}

function describeLatency({ kind, loop }: LoadReport): string {
  const from = loop === "open" ? "from when it was due" : "from when it was sent";
  switch (kind) {
    case "bidirectional":
      return `of a message ${from} to its answer`;
    case "client_streaming":
      return `of a call, ${from.replace("it", "its last message")} to the answer`;
    case "unary":
    case "server_streaming":
      return `of a call, ${from} to its end`;
  }
}

const BAR_COLUMNS = 40;

function formatBars({ histogram }: LatencyReport): string[] {
  const most = Math.max(...histogram.map(({ count }) => count), 1);
  const ends = histogram.map(({ toMs }) => formatMs(toMs));
  const columns = Math.max(...ends.map((end) => end.length));
  return histogram.map(({ count }, index) => {
    const bar = formatBar(count / most);
    return `  ≤ ${ends[index].padStart(columns)}  ${bar.padEnd(BAR_COLUMNS)}  ${group(count)}`;
  });
}

/** Blocks of an eighth of a column, from none to a whole one. */
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of `share` of the columns; what is not nothing shows. */
function formatBar(share: number): string {
  const eighths = Math.ceil(share * BAR_COLUMNS * 8);
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
}

function formatErrors({ errors }: LoadReport): string {
  const lines = errors.map(({ status, message, count }) =>
    `  ${group(count)} × ${status}${message === "" ? "" : `: ${escapeControls(message)}`}`
  );
  return ["Errors", ...lines].join("\n");
}

function plural(count: number, noun: string): string {
  return `${group(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2,000,000`, `0.5`. */
function group(count: number): string {
  const [whole, fraction] = String(count).split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

function formatRate(perSecond: number): string {
  return perSecond < 100 ? perSecond.toFixed(1) : group(Math.round(perSecond));
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

function formatOctets(octets: number): string {
  if (octets < 1000) return `${Math.round(octets)} B`;
  return octets < 1e6 ? `${trim(octets / 1e3)} kB` : `${trim(octets / 1e6)} MB`;
}
