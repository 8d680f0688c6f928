import assert from "node:assert/strict";
import { formatDouble, formatFloat } from "../../tabular/mod.ts";
import { seededRandom } from "./support.ts";

const FLOATS: readonly (readonly [value: number, text: string])[] = [
  [0.1, "0.1"],
  [-0.1, "-0.1"],
  [1 / 3, "0.33333334"],
  [0, "0"],
  [-0, "-0"],
  [1, "1"],
  [16777216, "16777216"],
  [123456.789, "123456.79"],
  [99999.9, "99999.9"],
  [0.001, "0.001"],
  [0.0009765625, "0.0009765625"],
  [1e-7, "1e-7"],
  [3.4028234663852886e38, "3.4028235e+38"],
  [1.1754943508222875e-38, "1.1754944e-38"],
  [1.401298464324817e-45, "1e-45"],
  [8.5899346e9, "8589935000"],
  [1e21, "1e+21"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
  [-Infinity, "-Infinity"],
];

for (const [value, text] of FLOATS) {
  Deno.test(`formatFloat() writes ${text}`, () => {
    assert.equal(formatFloat(Math.fround(value)), text);
  });
}

/** The shortest decimal by trying every number of digits. */
function shortest(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    if (Math.fround(Number(value.toPrecision(digits))) === value) return digits;
  }
  return 9;
}

Deno.test("formatFloat() reads back the same and is as short as can be, for random floats", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const view = new DataView(new ArrayBuffer(4));
  for (let round = 0; round < 20_000; round++) {
    view.setUint32(0, Math.floor(random() * 2 ** 32));
    // Every other one is a measurement as people have them.
    const value = round % 2 === 0
      ? view.getFloat32(0)
      : Math.fround(Math.round(random() * 1e6) / 1e3);
    const text = formatFloat(value);
    if (!Number.isFinite(value)) continue;
    assert.equal(Math.fround(Number(text)), value, `seed ${seed}: ${text}`);
    const digits = text.replace(/e.*$/, "").replace(/^-?[0.]*|\./g, "").replace(/0+$/, "").length;
    assert.ok(Number.isInteger(value) || digits <= shortest(value), `seed ${seed}: ${text}`);
  }
});

Deno.test("formatDouble() writes the shortest double, -0 included", () => {
  assert.equal(formatDouble(0.1), "0.1");
  assert.equal(formatDouble(-0), "-0");
  assert.equal(formatDouble(0.1 + 0.2), "0.30000000000000004");
});
