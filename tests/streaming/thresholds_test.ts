import assert from "node:assert/strict";
import { judgeThreshold, type Measured, parseThreshold } from "../../streaming/thresholds.ts";

const MEASURED: Measured = {
  latency: { p50: 1, p95: 20, p99: 51.26, max: 2000 },
  rate: 1234.5678,
  errors: 3,
  read: 200,
};

function judge(text: string, measured: Measured = MEASURED): string | undefined {
  const threshold = parseThreshold(text);
  assert.ok(threshold !== undefined, text);
  return judgeThreshold(threshold, measured);
}

Deno.test("judgeThreshold() fails what is beyond its limit, and says by how much", () => {
  const rows: readonly (readonly [text: string, said: string | undefined])[] = [
    ["p99>50ms", "p99 is 51.26 ms"],
    ["p99>52ms", undefined],
    ["p99 > 0.05s", "p99 is 51.26 ms"],
    ["p50>900us", "p50 is 1 ms"],
    ["p50>1000µs", undefined],
    ["p95<21ms", "p95 is 20 ms"],
    ["max>1s", "max is 2000 ms"],
    ["rate<2000", "rate is 1235 rows/s"],
    ["rate<1000/s", undefined],
    ["rate>1000", "rate is 1235 rows/s"],
    ["errors>0", "errors is 3"],
    ["errors>3", undefined],
    ["errors>1%", "errors is 1.5 %"],
    ["errors>1.5%", undefined],
  ];
  for (const [text, said] of rows) {
    const wanted = said === undefined ? undefined : `The run fails --fail-if "${text}": ${said}`;
    assert.equal(judge(text), wanted);
  }
});

Deno.test("judgeThreshold() holds where nothing was measured", () => {
  const nothing: Measured = { latency: undefined, rate: 0, errors: 0, read: 0 };
  assert.equal(judge("p99>1ms", nothing), undefined);
  assert.equal(judge("errors>0%", nothing), undefined);
});

Deno.test("parseThreshold() refuses what it cannot read", () => {
  const texts = [
    ...["", "p99", "p99>", ">50ms", "p99>50", "p99>50min", "p98>50ms", "p99>=50ms", "p99=50ms"],
    ...["p99>-1ms", "rate<10ms", "errors>1ms", "P99>50ms", "p99>50ms,p50>1ms"],
  ];
  for (const text of texts) assert.equal(parseThreshold(text), undefined, text);
});
