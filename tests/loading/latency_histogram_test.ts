import assert from "node:assert/strict";
import { LatencyHistogram } from "../../loading/latency_histogram.ts";

function isNear(found: number, wanted: number): boolean {
  return Math.abs(found - wanted) <= wanted * 0.001 + 0.001;
}

Deno.test("LatencyHistogram has nothing to report before the first latency", () => {
  assert.equal(new LatencyHistogram().report(), undefined);
});

Deno.test("LatencyHistogram reports percentiles to three digits", () => {
  const histogram = new LatencyHistogram();
  for (let latencyMs = 1; latencyMs <= 1000; latencyMs++) histogram.record(latencyMs);
  const report = histogram.report();
  assert.ok(report !== undefined);
  const rows: [name: string, found: number, wanted: number][] = [
    ["count", report.count, 1000],
    ["min", report.min, 1],
    ["mean", report.mean, 500.5],
    ["p50", report.p50, 500],
    ["p75", report.p75, 750],
    ["p90", report.p90, 900],
    ["p95", report.p95, 950],
    ["p99", report.p99, 990],
    ["p999", report.p999, 999],
    ["max", report.max, 1000],
  ];
  for (const [name, found, wanted] of rows) {
    assert.ok(isNear(found, wanted), `${name}: ${found}, not ${wanted}`);
  }
});

Deno.test("LatencyHistogram has bars that hold every latency once, the last up to the greatest", () => {
  const rows: Record<string, number[]> = {
    "one latency": [5],
    "all alike": [5, 5, 5, 5],
    "an even spread": Array.from({ length: 1000 }, (_, index) => index + 1),
    "a long tail": [...Array.from({ length: 990 }, (_, index) => 1 + index / 1000), 5000, 60_000],
    "microseconds": [0.001, 0.002, 0.003, 0.0001],
  };
  for (const [name, latencies] of Object.entries(rows)) {
    const histogram = new LatencyHistogram();
    for (const latencyMs of latencies) histogram.record(latencyMs);
    const report = histogram.report();
    assert.ok(report !== undefined, name);
    const bars = report.histogram;
    const total = bars.reduce((sum, { count }) => sum + count, 0);
    assert.equal(total, latencies.length, name);
    assert.ok(bars.every(({ count }) => count >= 0), name);
    assert.ok(bars.length <= 10, name);
    assert.equal(bars.at(-1)?.toMs, report.max, name);
    assert.ok(bars.every(({ fromMs, toMs }) => fromMs <= toMs), name);
  }
});

Deno.test("LatencyHistogram does not flatten its bars for one outlier", () => {
  const histogram = new LatencyHistogram();
  for (let index = 0; index < 2000; index++) histogram.record(1 + index / 1000);
  histogram.record(60_000);
  const filled = histogram.report()?.histogram.filter(({ count }) => count > 0) ?? [];
  assert.ok(filled.length >= 9, `${filled.length} bars with something in them`);
});
