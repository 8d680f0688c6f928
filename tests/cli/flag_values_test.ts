import assert from "node:assert/strict";
import { parseDuration, parseSize, readFlagValue } from "../../cli/flag_values.ts";

Deno.test("parseDuration() reads every unit, and plain digits as seconds", () => {
  const rows: [text: string, milliseconds: number][] = [
    ["0", 0],
    ["10", 10_000],
    ["0.5", 500],
    ["500ms", 500],
    ["10s", 10_000],
    ["1.5s", 1_500],
    ["0.29s", 290],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["0.01ms", 1],
  ];
  for (const [text, milliseconds] of rows) assert.equal(parseDuration(text), milliseconds, text);
});

Deno.test("parseDuration() refuses what is not a duration", () => {
  for (
    const text of ["", " 1s", "1 s", "-1s", "+1s", "s", "1d", "1S", "1e3", "0x10", ".5s", "1s2"]
  ) {
    assert.equal(parseDuration(text), undefined, text);
  }
});

Deno.test("parseSize() reads binary, decimal and plain sizes", () => {
  const rows: [text: string, octets: number][] = [
    ["0", 0],
    ["4194304", 4_194_304],
    ["100B", 100],
    ["64KiB", 65_536],
    ["64kib", 65_536],
    ["1.5KiB", 1_536],
    ["4MiB", 4_194_304],
    ["4MB", 4_000_000],
    ["1GiB", 1_073_741_824],
    ["1gb", 1_000_000_000],
  ];
  for (const [text, octets] of rows) assert.equal(parseSize(text), octets, text);
});

Deno.test("parseSize() refuses what is not a whole number of octets", () => {
  for (const text of ["", "4 MiB", "-1", "MiB", "4M", "4TiB", "0.5", "1e6", "99999999999GiB"]) {
    assert.equal(parseSize(text), undefined, text);
  }
});

Deno.test("readFlagValue() says what it wanted instead", () => {
  const base = { name: "x", help: "" };
  const rows: [
    kind: string,
    flag: Parameters<typeof readFlagValue>[0],
    text: string,
    wanted: string,
  ][] = [
    ["a word for an integer", { ...base, kind: "integer" }, "ten", "an integer"],
    ["a fraction for an integer", { ...base, kind: "integer" }, "1.5", "an integer"],
    ["hexadecimal", { ...base, kind: "integer" }, "0x10", "an integer"],
    ["an unsafe integer", { ...base, kind: "integer" }, "9007199254740993", "an integer"],
    [
      "a port that does not exist",
      { ...base, kind: "integer", maximum: 65_535 },
      "65536",
      "an integer from 0 to 65535",
    ],
    [
      "a negative count",
      { ...base, kind: "integer", minimum: 1 },
      "-1",
      "an integer of at least 1",
    ],
    ["not a number", { ...base, kind: "number" }, "NaN", "a number"],
    ["an infinite number", { ...base, kind: "number" }, "1e999", "a number"],
    [
      "a duration without sense",
      { ...base, kind: "duration" },
      "10x",
      "a duration such as 500ms, 10s, 2m or 1h, or plain seconds",
    ],
    [
      "a duration longer than any timer",
      { ...base, kind: "duration" },
      "1000h",
      "a duration from 0 to 2147483647 ms",
    ],
    [
      "a size without sense",
      { ...base, kind: "size" },
      "big",
      "a size such as 64KiB, 4MiB or 4MB, or plain octets",
    ],
    [
      "a size out of range",
      { ...base, kind: "size", minimum: 1, maximum: 9 },
      "0",
      "a size from 1 to 9 octets",
    ],
    ["an unknown word", { ...base, kind: "choice", choices: ["a", "b", "c"] }, "d", "a, b or c"],
  ];
  for (const [name, flag, text, wanted] of rows) {
    assert.deepEqual(readFlagValue(flag, text), { ok: false, wanted }, name);
  }
});
