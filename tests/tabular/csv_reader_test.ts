import assert from "node:assert/strict";
import { CsvReader, type CsvReaderOptions, type CsvRecord } from "../../tabular/mod.ts";
import { CSV_CASES } from "./csv_cases.ts";
import { seededRandom, utf8 } from "./support.ts";

/** The records and the error of an input, cut into chunks. */
function readAll(
  chunks: Iterable<Uint8Array>,
  options: CsvReaderOptions = {},
): { records: CsvRecord[]; error: string | undefined } {
  const reader = new CsvReader({ source: "t.csv", ...options });
  const records: CsvRecord[] = [];
  try {
    for (const chunk of chunks) {
      for (const record of reader.push(chunk)) records.push(record);
    }
    for (const record of reader.finish()) records.push(record);
    reader.finish();
  } catch (error) {
    assert.ok(error instanceof Error);
    assert.equal(error.name, "TabularError");
    return { records, error: error.message };
  }
  return { records, error: undefined };
}

function* inChunksOf(octets: Uint8Array, size: number): Iterable<Uint8Array> {
  for (let start = 0; start < octets.length; start += size) {
    yield octets.subarray(start, start + size);
  }
}

for (const { name, input, options = {}, records, error } of CSV_CASES) {
  const octets = typeof input === "string" ? utf8(input) : input;
  const expected = { records: [...records], error };
  Deno.test(`CsvReader reads ${name}: whole, in chunks of one octet, at every split`, () => {
    assert.deepEqual(readAll([octets], options), expected, "whole");
    assert.deepEqual(readAll(inChunksOf(octets, 1), options), expected, "one octet at a time");
    for (let split = 0; split <= octets.length; split++) {
      const chunks = [octets.subarray(0, split), octets.subarray(split)];
      assert.deepEqual(readAll(chunks, options), expected, `split at ${split}`);
    }
  });
}

Deno.test("CsvReader reads back random records, for any chunking", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const alphabet = ["a", "7", " ", ",", ";", '"', "\n", "\r\n", "ä", "€", "😀"];
  for (let round = 0; round < 200; round++) {
    const columns = 2 + pick(3);
    const rows = Array.from(
      { length: 1 + pick(8) },
      () =>
        Array.from(
          { length: columns },
          () =>
            Array.from({ length: pick(5) }, () => alphabet[pick(alphabet.length)] ?? "").join(""),
        ),
    );
    const text = rows.map((cells) =>
      cells.map((cell) =>
        /[",\r\n]/.test(cell) || random() < 0.2 ? `"${cell.replaceAll('"', '""')}"` : cell
      ).join(",")
    ).join(random() < 0.5 ? "\n" : "\r\n");
    const octets = utf8(text);
    const chunks: Uint8Array[] = [];
    for (let start = 0; start < octets.length;) {
      const size = 1 + pick(12);
      chunks.push(octets.subarray(start, start + size));
      start += size;
    }
    const { records, error } = readAll(chunks, { delimiter: "," });
    assert.equal(error, undefined, `seed ${seed} round ${round}`);
    assert.deepEqual(records.map(({ cells }) => cells), rows, `seed ${seed} round ${round}`);
  }
});

Deno.test("CsvReader survives random octets", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const alphabet = utf8('a1,;|\t"\r\n\n ').map((octet) => octet);
  for (let round = 0; round < 500; round++) {
    const octets = Uint8Array.from(
      { length: 1 + Math.floor(random() * 60) },
      () =>
        random() < 0.02
          ? Math.floor(random() * 256)
          : alphabet[Math.floor(random() * alphabet.length)] ?? 0,
    );
    const whole = readAll([octets]);
    assert.deepEqual(readAll(inChunksOf(octets, 1)), whole, `seed ${seed} round ${round}`);
    assert.deepEqual(readAll(inChunksOf(octets, 3)), whole, `seed ${seed} round ${round}`);
  }
});

Deno.test("CsvReader takes linear time on a long line in tiny chunks, and on many short quoted lines", () => {
  const started = performance.now();
  const line = utf8(`a,b\n1,${"x".repeat(300_000)}\n`);
  assert.equal(readAll(inChunksOf(line, 3)).records.length, 2);
  const quoted = utf8('a\n"b"\n'.repeat(100_000));
  assert.equal(readAll([quoted]).records.length, 200_000);
  // Quadratic cost would be minutes.
  assert.ok(performance.now() - started < 20_000);
});

Deno.test("CsvReader holds no more than the longest record of an endless line", () => {
  const reader = new CsvReader({ maxRecordChars: 1000 });
  const chunk = utf8("x".repeat(100));
  let pushed = 0;
  assert.throws(() => {
    for (; pushed < 1000; pushed++) reader.push(chunk);
  }, { name: "TabularError" });
  assert.equal(pushed, 10);
});

Deno.test("CsvReader keeps failing after an error", () => {
  const reader = new CsvReader();
  assert.throws(() => reader.push(new Uint8Array([0xff])));
  assert.throws(() => reader.push(utf8("a,b\n")), { name: "TabularError" });
  assert.throws(() => reader.finish(), { name: "TabularError" });
});
