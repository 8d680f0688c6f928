import assert from "node:assert/strict";
import { readLongDecimal } from "../../tabular/long_decimal.ts";
import { readPlainDecimal } from "../../tabular/plain_decimal.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { utf8 } from "./support.ts";

function readLong(text: string): number {
  // Not at the start, and not to the end.
  const octets = utf8(`1${text}2`);
  return readLongDecimal(octets, 1, octets.length - 1);
}

function readPlain(text: string): number {
  const octets = utf8(`1${text}2`);
  return readPlainDecimal(octets, 1, octets.length - 1);
}

Deno.test("readLongDecimal() reads what most programs write for a double", () => {
  const texts = [
    "0",
    "-0",
    "0.0",
    "5.",
    ".5",
    "0.1234567890123456",
    "23.145978234598712",
    "-179.76931348623157",
    "0.0000123456789012345",
    "9999999999999999999",
    "0000000000000000000000000000000000001",
    "-1234567890123456.789",
  ];
  for (const text of texts) assert.ok(Object.is(readLong(text), Number(text)), text);
});

Deno.test("readLongDecimal() and readPlainDecimal() leave everything else to others", () => {
  const others = [
    "",
    "-",
    ".",
    "-.",
    "1e5",
    "+1",
    " 1",
    "1 ",
    "1.2.3",
    "--1",
    "1-",
    "nan",
    "\u{b2}",
  ];
  for (const text of others) {
    assert.ok(Number.isNaN(readLong(text)), text);
    assert.ok(Number.isNaN(readPlain(text)), text);
  }
  for (const text of ["12345678901234567890", `0.${"0".repeat(22)}1`]) {
    assert.ok(Number.isNaN(readLong(text)), text);
  }
  assert.ok(Number.isNaN(readPlain("1234567890123456")));
});

Deno.test("readLongDecimal() does not guess in the middle between two doubles", () => {
  for (const [text, near] of [["9007199254740993", 9007199254740992], ["0.5", 0.5]] as const) {
    const value = readLong(text);
    assert.ok(Number.isNaN(value) || value === near, text);
  }
  // A whole number above 2^53 whose last bits are 100…0 beyond the 53rd, and its neighbours.
  for (let power = 54; power < 63; power++) {
    const middle = 2n ** BigInt(power) + 2n ** BigInt(power - 53);
    for (const integer of [middle - 1n, middle, middle + 1n]) {
      const value = readLong(String(integer));
      assert.ok(Number.isNaN(value) || value === Number(integer), String(integer));
    }
  }
});

Deno.test("readLongDecimal() and readPlainDecimal() read random decimals as Number() does, bit for bit", () => {
  const random = createRandom(printSeed());
  let long = 0;
  let plain = 0;
  const rounds = 100_000;
  for (let round = 0; round < rounds; round++) {
    const digits = Array.from({ length: 1 + random(19) }, () => random(10)).join("");
    const point = random(digits.length + 1);
    const sign = random(2) === 0 ? "-" : "";
    const text = random(5) === 0
      ? sign + digits
      : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
    const value = readLong(text);
    if (!Number.isNaN(value)) {
      assert.ok(Object.is(value, Number(text)), text);
      long++;
    }
    const other = readPlain(text);
    if (!Number.isNaN(other)) {
      assert.ok(Object.is(other, Number(text)), text);
      plain++;
    }
  }
  assert.ok(long > rounds * 0.98, `${long} were read`);
  assert.ok(plain > rounds / 2, `${plain} were read`);
});
