import type { Machine } from "./machine.ts";
import type { Summary } from "./samples.ts";
import type { Verdict } from "./targets.ts";

/** What one run of `deno task bench` found; this is what `--out` holds. */
export interface BenchReport {
  readonly machine: Machine;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly rounds: number;
  readonly runMs: number;
  readonly peers: readonly PeerReport[];
  readonly works: readonly WorkReport[];
  readonly verdicts: readonly Verdict[];
}

export interface PeerReport {
  readonly key: string;
  readonly name: string;
  readonly settings: string;
  readonly versions: readonly string[];
  /** Why it did not take part. */
  readonly missing?: string;
}

export interface WorkReport {
  readonly letter: string;
  readonly title: string;
  readonly unit: string;
  readonly load: string;
  readonly results: readonly WorkRow[];
}

export interface WorkRow {
  readonly key: string;
  readonly name: string;
  readonly summary?: Summary;
  readonly failure?: string;
}

/** The whole report as Markdown, which a terminal shows as well. */
export function formatReport(report: BenchReport): string {
  const { machine, rounds, runMs } = report;
  const date = report.startedAt.slice(0, 10);
  return [
    `${date}; ${machine.cores} cores of ${machine.cpu}, Linux ${machine.kernel}, load average ` +
    `${machine.loadAverage.toFixed(2)} at the start. Medians of ${rounds} rounds of ` +
    `${runMs / 1000} s, or of one file in (g).`,
    formatPeers(report.peers),
    ...report.works.map(formatWork),
    ...(report.verdicts.length === 0 ? [] : [formatVerdicts(report.verdicts)]),
  ].join("\n\n");
}

function formatPeers(peers: readonly PeerReport[]): string {
  const rows = peers.map(({ name, versions, settings, missing }) =>
    missing === undefined
      ? [name, versions.join(", "), settings]
      : [name, "not there", missing.replaceAll("|", "/")]
  );
  return formatTable([["server", "versions", "settings"], ...rows], 3);
}

function formatWork({ letter, title, unit, load, results }: WorkReport): string {
  const rows = results.map(({ name, summary, failure }) => {
    if (summary === undefined) {
      return [name, "failed", (failure ?? "").slice(0, 80), "", "", "", ""];
    }
    const { median, p99, lowest, highest, ratio, p99Ratio, clientCpu, serverCpu, serverUs } =
      summary;
    return [
      name,
      formatValue(median, unit) + (p99 === undefined ? "" : `, ${formatValue(p99, unit)}`),
      `${formatValue(lowest, unit)} to ${formatValue(highest, unit)}`,
      formatRatio(ratio) + (p99Ratio === undefined ? "" : `, ${formatRatio(p99Ratio)}`),
      formatShare(clientCpu),
      formatShare(serverCpu),
      serverUs === undefined ? "" : serverUs < 0.1 ? serverUs.toFixed(3) : serverUs.toPrecision(3),
    ];
  });
  const head = ["server", unit, "range", "broker / it", "client CPU", "server CPU", "server µs"];
  return `### (${letter}) ${title}\n\n${load}.\n\n${formatTable([head, ...rows], 1)}`;
}

function formatVerdicts(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ letter, target, found, isMet }) => [
    `(${letter})`,
    target,
    found,
    isMet === undefined ? "not measured" : isMet ? "met" : "missed",
  ]);
  return `### Targets\n\n${formatTable([["work", "target", "found", ""], ...rows], 4)}`;
}

/** A Markdown table, aligned as `deno fmt` does; columns from `firstNumber` on stand to the right. */
function formatTable(rows: readonly (readonly string[])[], firstNumber: number): string {
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const [head, ...body] = rows.map((row) =>
    line(
      row.map((cell, column) =>
        column < firstNumber ? cell.padEnd(widths[column]) : cell.padStart(widths[column])
      ),
    )
  );
  const rule = widths.map((width, column) =>
    column < firstNumber ? "-".repeat(width) : `${"-".repeat(width - 1)}:`
  );
  return [head, line(rule), ...body].join("\n");
}

/** Three digits are what a run is good for. */
export function formatValue(value: number, unit: string): string {
  if (unit === "octets/s") return `${formatValue(value / 1e6, "MB/s")} MB/s`;
  if (value < 1000) return value.toPrecision(3);
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return (Math.round(value / step) * step).toLocaleString("en");
}

function formatRatio(ratio: number | undefined): string {
  return ratio === undefined ? "" : ratio >= 10 ? ratio.toFixed(0) : ratio.toFixed(2);
}

function formatShare(share: number | undefined): string {
  return share === undefined ? "" : `${Math.round(share * 100)} %`;
}
