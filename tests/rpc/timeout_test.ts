import { strict as assert } from "node:assert";
import { decodeTimeout, describeTimeout, encodeTimeout } from "../../rpc/timeout.ts";

const ENCODED = [
  [0, "0m"],
  [-5, "0m"],
  [0.2, "1m"],
  [1, "1m"],
  [99_999_999, "99999999m"],
  [100_000_000, "100000S"],
  [100_000_001, "100001S"],
  [99_999_999_000, "99999999S"],
  [100_000_000_000, "1666667M"],
  [6_000_000_000_000, "1666667H"],
  [1e30, "99999999H"],
] as const;

for (const [timeoutMs, text] of ENCODED) {
  Deno.test(`encodeTimeout() writes ${timeoutMs} ms as ${text}, never shorter`, () => {
    assert.equal(encodeTimeout(timeoutMs), text);
    if (timeoutMs < 1e20) assert.ok((decodeTimeout(text) ?? NaN) >= timeoutMs);
  });
}

const DECODED = [
  ["1H", 3_600_000],
  ["2M", 120_000],
  ["3S", 3000],
  ["4m", 4],
  ["5u", 0.005],
  ["6n", 0.000_006],
  ["0n", 0],
  ["00000001S", 1000],
  ["99999999H", 359_999_996_400_000],
] as const;

for (const [text, timeoutMs] of DECODED) {
  Deno.test(`decodeTimeout() reads ${text}`, () => {
    assert.ok(Math.abs((decodeTimeout(text) ?? NaN) - timeoutMs) < 1e-9);
  });
}

for (const text of ["", "m", "1", "123456789m", "1x", "-1S", "1.5S", " 1S", "1S ", "1SS", "1s"]) {
  Deno.test(`decodeTimeout() refuses ${JSON.stringify(text)}`, () => {
    assert.equal(decodeTimeout(text), undefined);
  });
}

Deno.test("describeTimeout() says what was asked for, and rounds what was left of it", () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, "0 ms"],
    [50, "50 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [1250, "1.25 s"],
    [60_000, "1 min"],
    [90_000, "90 s"],
    [7_200_000, "2 h"],
    [1997.33803, "2 s"],
    [497.4, "497 ms"],
    [999.7, "1 s"],
  ];
  for (const [timeoutMs, text] of rows) assert.equal(describeTimeout(timeoutMs), text);
});
