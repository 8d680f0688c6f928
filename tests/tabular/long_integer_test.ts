import assert from "node:assert/strict";
import { readLongInteger } from "../../tabular/long_integer.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { utf8 } from "./support.ts";

/** The 64 bits of an integer that does not stand alone. */
function read(text: string): bigint | undefined {
  const octets = utf8(`1${text}2`);
  const words = readLongInteger(octets, 1, octets.length - 1);
  return words === undefined ? undefined : BigInt(words.high) << 32n | BigInt(words.low);
}

Deno.test("readLongInteger() reads integers that a double would round", () => {
  const texts = [
    "1732198800123456789",
    "-1732198800123456789",
    "9007199254740993",
    "0000000000",
    "-0000000000000000000",
    "4294967295999999999",
    "9223372034999999999",
    "-9223372034999999999",
  ];
  for (const text of texts) assert.equal(read(text), BigInt.asUintN(64, BigInt(text)), text);
});

Deno.test("readLongInteger() leaves everything else to others", () => {
  const others = [
    "",
    "-",
    "1",
    "123456789",
    "12345678901234567890",
    "1e100000000000",
    "12345678.0123",
  ];
  for (const text of [...others, "+1234567890123", "--1234567890123", "9223372036854775807"]) {
    assert.equal(read(text), undefined, text);
  }
});

Deno.test("readLongInteger() reads random integers bit for bit", () => {
  const random = createRandom(printSeed());
  for (let round = 0; round < 50_000; round++) {
    const digits = Array.from({ length: 10 + random(9) }, () => random(10)).join("");
    const text = random(2) === 0 ? `-${digits}` : digits;
    assert.equal(read(text), BigInt.asUintN(64, BigInt(text)), text);
  }
});
