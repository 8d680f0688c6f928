import assert from "node:assert/strict";
import { LatencyRecorder } from "../../streaming/latency.ts";

/** Within the three digits that are kept. */
function assertNear(found: number | undefined, wanted: number): void {
  assert.ok(
    found !== undefined && Math.abs(found - wanted) <= wanted / 1000,
    `${found}, ${wanted}`,
  );
}

Deno.test("LatencyRecorder has nothing to say of no latencies", () => {
  assert.equal(new LatencyRecorder().summarize(), undefined);
});

Deno.test("LatencyRecorder finds the percentiles of 1 to 1000 ms", () => {
  const recorder = new LatencyRecorder();
  for (let ms = 1000; ms >= 1; ms--) recorder.record(ms);
  const summary = recorder.summarize();
  assertNear(summary?.p50, 500);
  assertNear(summary?.p95, 950);
  assertNear(summary?.p99, 990);
  assertNear(summary?.max, 1000);
});

Deno.test("LatencyRecorder keeps percentiles in order and below the greatest", () => {
  for (const latencies of [[5.0031], [0.1, 12.3456], [0.5, 0.5, 99.99]]) {
    const recorder = new LatencyRecorder();
    for (const latency of latencies) recorder.record(latency);
    const { p50 = 0, p95 = 0, p99 = 0, max = 0 } = recorder.summarize() ?? {};
    assert.ok(p50 <= p95 && p95 <= p99 && p99 <= max, `${[p50, p95, p99, max]}`);
  }
});

Deno.test("LatencyRecorder counts what is out of range as the nearest that it tells apart", () => {
  const recorder = new LatencyRecorder();
  recorder.record(0);
  recorder.record(-1);
  assertNear(recorder.summarize()?.max, 0.001);
  recorder.record(10_000_000);
  assertNear(recorder.summarize()?.max, 3_600_000);
});
