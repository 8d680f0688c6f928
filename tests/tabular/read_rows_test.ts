import assert from "node:assert/strict";
import {
  type CsvRecord,
  type HeaderHints,
  isHeader,
  readRows,
  type ReadRowsOptions,
} from "../../tabular/mod.ts";
import { MEASUREMENT, record, TICK, utf8 } from "./support.ts";

/** Chunks that note when the reader lets go of them. */
class Chunks implements AsyncIterable<Uint8Array> {
  readonly #texts: readonly string[];
  closed = false;
  taken = 0;

  constructor(...texts: string[]) {
    this.#texts = texts;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (const text of this.#texts) {
        this.taken++;
        yield await Promise.resolve(utf8(text));
      }
    } finally {
      this.closed = true;
    }
  }
}

async function collect(batches: AsyncIterable<CsvRecord[]>): Promise<CsvRecord[]> {
  const records: CsvRecord[] = [];
  for await (const batch of batches) {
    assert.ok(batch.length > 0, "a batch is never empty");
    records.push(...batch);
  }
  return records;
}

Deno.test("readRows() separates the header from the rows", async () => {
  const rows = await readRows(new Chunks("id, sensor1\n1,2", "\n3,4\n"));
  assert.deepEqual(rows.header, ["id", "sensor1"]);
  assert.equal(rows.columnCount, 2);
  assert.equal(rows.firstLine, 1);
  assert.equal(rows.delimiter, ",");
  assert.deepEqual(await collect(rows.batches), [record(2, "1", "2"), record(3, "3", "4")]);
});

Deno.test("readRows() keeps the first row where there is no header", async () => {
  const rows = await readRows(new Chunks("\n1;2\n3;4\n"));
  assert.equal(rows.header, undefined);
  assert.equal(rows.firstLine, 2);
  assert.equal(rows.delimiter, ";");
  assert.deepEqual(await collect(rows.batches), [record(2, "1", "2"), record(3, "3", "4")]);
});

const FORCED = [
  { name: "a header of numbers", text: "1,2\n3,4\n", header: true, expected: ["1", "2"] },
  { name: "no header of words", text: "a,b\nc,d\n", header: false, expected: undefined },
] satisfies { name: string; text: string; header: boolean; expected: unknown }[];

for (const { name, text, header, expected } of FORCED) {
  Deno.test(`readRows() takes ${name} when told so`, async () => {
    const rows = await readRows(new Chunks(text), { header });
    assert.deepEqual(rows.header, expected);
    await rows.close();
  });
}

Deno.test("readRows() reads a header without rows", async () => {
  const rows = await readRows(new Chunks("a,b"));
  assert.deepEqual(rows.header, ["a", "b"]);
  assert.deepEqual(await collect(rows.batches), []);
});

Deno.test("readRows() reads only as far as it must", async () => {
  const chunks = new Chunks("a,b\n", "1,2\n", "3,4\n", "5,6\n");
  const rows = await readRows(chunks);
  assert.equal(chunks.taken, 1);
  for await (const batch of rows.batches) {
    assert.deepEqual(batch, [record(2, "1", "2")]);
    break;
  }
  assert.equal(chunks.taken, 2);
  assert.equal(chunks.closed, true);
});

Deno.test("readRows() lets go of the input when closed unread", async () => {
  const chunks = new Chunks("a,b\n", "1,2\n");
  const rows = await readRows(chunks);
  await rows.close();
  assert.equal(chunks.closed, true);
});

const FAILURES = [
  { name: "an empty input", texts: [], message: 'Cannot read "t.csv": it has no rows' },
  {
    name: "blank lines only",
    texts: ["\n\n", "\r\n"],
    message: 'Cannot read "t.csv": it has no rows',
  },
  {
    name: "an open quote",
    texts: ['"a'],
    message: 'Cannot read "t.csv" line 1: the quote opened here is never closed',
  },
];

for (const { name, texts, message } of FAILURES) {
  Deno.test(`readRows() rejects ${name} and lets go of it`, async () => {
    const chunks = new Chunks(...texts);
    const options: ReadRowsOptions = { source: "t.csv" };
    await assert.rejects(readRows(chunks, options), { name: "TabularError", message });
    assert.equal(chunks.closed, true);
  });
}

Deno.test("readRows() yields the rows before an error, then the error", async () => {
  const rows = await readRows(new Chunks('a,b\n1,2\n3,"x'), { source: "t.csv" });
  const seen: CsvRecord[] = [];
  await assert.rejects(
    async () => {
      for await (const batch of rows.batches) seen.push(...batch);
    },
    { message: 'Cannot read "t.csv" line 3: the quote opened here is never closed' },
  );
  assert.deepEqual(seen, [record(2, "1", "2")]);
});

interface HeaderCase {
  readonly name: string;
  readonly cells: readonly string[];
  readonly expected: boolean;
}

const HEADERS: readonly (HeaderHints & HeaderCase)[] = [
  { name: "words", cells: ["a", "b"], expected: true },
  { name: "a number", cells: ["a", "1.5"], expected: false },
  { name: "NaN", cells: ["a", "nan"], expected: false },
  { name: "true", cells: ["a", "True"], expected: false },
  { name: "a date", cells: ["2024-01-01 10:00:00", "idle"], expected: false },
  { name: "empty cells", cells: ["", " "], expected: false },
  { name: "words and an empty cell", cells: ["", "a"], expected: true },
  { name: "no, t and f", cells: ["no", "t", "f"], expected: true },
  {
    name: "a field beside a number",
    cells: ["Sensor1", "2024"],
    message: MEASUREMENT,
    expected: true,
  },
  {
    name: "a path beside a number",
    cells: ["stations[0].no2", "1"],
    message: TICK,
    expected: true,
  },
  { name: "words that are no fields", cells: ["x", "y"], message: MEASUREMENT, expected: true },
  {
    name: "a column of --map beside a number",
    cells: ["Temp", "1"],
    map: ["temp=id"],
    expected: true,
  },
  { name: "a decimal comma", cells: ["x", "1,5"], decimal: ",", expected: false },
  { name: "a comma that is none", cells: ["x", "1,5"], expected: true },
  { name: "a number that --map names", cells: ["1", "x"], map: ["1=id"], expected: false },
];

for (const { name, cells, expected, ...hints } of HEADERS) {
  Deno.test(`isHeader() decides on ${name}`, () => {
    assert.equal(isHeader(cells, hints), expected);
  });
}
