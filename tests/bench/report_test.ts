import assert from "node:assert/strict";
import { parseBenchOptions } from "../../bench/bench_options.ts";
import { drawReport } from "../../bench/draw_report.ts";
import { type BenchReport, formatReport, type WorkReport } from "../../bench/report.ts";
import { type Sample, summarize } from "../../bench/samples.ts";
import { judgeTargets } from "../../bench/targets.ts";

const sample = (value: number, p99?: number): Sample => ({
  value,
  p99,
  clientCpu: 0.5,
  serverCpu: 1,
});

const OURS = [sample(1300, 30), sample(900, 40), sample(1000, 20)];
const THEIRS = [sample(100, 60), sample(100, 50), undefined];

const WORKS: readonly WorkReport[] = [{
  letter: "a",
  title: "One stream",
  unit: "messages/s",
  load: "some",
  results: [
    { key: "ours", name: "broker", summary: summarize(OURS, OURS) ?? assert.fail() },
    { key: "cpp", name: "C++ <sync>", summary: summarize(THEIRS, OURS) ?? assert.fail() },
    { key: "grpcio", name: "grpcio", failure: "it ended" },
  ],
}];

Deno.test("summarize() takes ratios round by round, and leaves failed rounds out", () => {
  const summary = summarize(THEIRS, OURS);
  assert.equal(summary?.median, 100);
  assert.equal(summary?.ratio, (13 + 9) / 2);
  assert.equal(summary?.p99Ratio, (0.5 + 0.8) / 2);
  assert.equal(summarize([undefined], OURS), undefined);
});

Deno.test("judgeTargets() tells met, missed and not measured apart, and leaves other works out", () => {
  assert.deepEqual(judgeTargets(WORKS).map(({ target, isMet }) => [target, isMet]), [
    ["at least 12 × grpc-js on Node", undefined],
    ["at least 7 × C++ sync", true],
    ["at least 90 × grpcio", undefined],
  ]);
  const [work] = WORKS;
  const slower = {
    ...work,
    results: [{ key: "cpp", name: "", summary: { median: 1, lowest: 1, highest: 1, ratio: 6.9 } }],
  };
  assert.equal(judgeTargets([slower])[1].isMet, false);
});

Deno.test("A report shows each server, also one that failed or is not there", () => {
  const missing = { key: "go", name: "grpc-go", settings: "", versions: [], missing: "no go" };
  const report: BenchReport = {
    machine: { cpu: "CPU", cores: 2, memoryOctets: 1, kernel: "6", loadAverage: 0 },
    startedAt: "2026-11-21T00:00:00Z",
    durationMs: 1,
    rounds: 3,
    runMs: 1000,
    peers: [missing],
    works: WORKS,
    verdicts: judgeTargets(WORKS),
  };
  const text = formatReport(report);
  assert.match(text, /\| grpc-go \| not there +\| no go/);
  assert.match(
    text,
    /\| C\+\+ <sync> \| +100, 55.0 \| +100 to 100 \| +11, 0.65 \| +50 % \| +100 % \|/,
  );
  assert.match(text, /\| grpcio +\| +failed \| +it ended \|/);
  assert.match(drawReport(report), /C\+\+ &lt;sync>/);
});

Deno.test("parseBenchOptions() always keeps our server, and refuses peers that there are not", () => {
  assert.deepEqual(parseBenchOptions(["--peers", "cpp"]).peers, ["ours", "cpp"]);
  assert.equal(parseBenchOptions(["--quick"]).rounds, 2);
  assert.throws(() => parseBenchOptions(["--peers", "cp"]), /Cannot find the peer "cp"/);
  assert.throws(() => parseBenchOptions(["--only", "i"]), /Cannot run the work "i"/);
  assert.throws(() => parseBenchOptions(["--rounds", "0"]), /Cannot run --rounds "0"/);
});
