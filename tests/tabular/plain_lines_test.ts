import assert from "node:assert/strict";
import {
  type CsvRecord,
  LINE_KINDS,
  LineScanner,
  PlainLines,
  PlainRecord,
  readRows,
  TabularError,
} from "../../tabular/mod.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { utf8 } from "./support.ts";

async function* inChunks(octets: Uint8Array, sizes: () => number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < octets.length;) {
    const end = at + sizes();
    yield octets.subarray(at, end);
    at = end;
  }
}

interface Read {
  readonly records: readonly { readonly cells: readonly string[]; readonly line: number }[];
  readonly error: string | undefined;
  /** Records that were taken as lines. */
  readonly plain: number;
}

/** Takes as many lines as `patience` says before the rest of a piece is read with care. */
function takeLines(lines: PlainLines, columnCount: number, patience: () => number): CsvRecord[] {
  const scanner = new LineScanner({
    delimiterCode: ",".charCodeAt(0),
    columnCount,
    maxOctets: 1000,
  });
  const taken: CsvRecord[] = [];
  for (let left = patience(); left > 0; left--) {
    if (scanner.scan(lines.octets, lines.position) !== LINE_KINDS.plain) break;
    const { cellsEnd, lineEnd } = scanner;
    if (cellsEnd > lines.position) {
      const octets = lines.octets.subarray(lines.position, cellsEnd);
      taken.push(new PlainRecord(octets, { line: lines.line, delimiter: "," }));
    }
    lines.position = lineEnd;
    lines.line++;
  }
  return taken;
}

async function read(
  chunks: AsyncIterable<Uint8Array>,
  patience: (() => number) | undefined,
): Promise<Read> {
  const records: { cells: string[]; line: number }[] = [];
  let plain = 0;
  try {
    const rows = await readRows(chunks, { header: true, source: "t.csv", maxRecordChars: 1000 });
    const keep = (all: readonly CsvRecord[]) =>
      records.push(...all.map(({ cells, line }) => ({ cells: [...cells], line })));
    for await (const batch of patience === undefined ? rows.batches : rows.plainBatches()) {
      if (!(batch instanceof PlainLines)) {
        keep(batch);
        continue;
      }
      const lines = takeLines(batch, rows.columnCount, patience ?? (() => 0));
      plain += lines.length;
      keep(lines);
      keep(batch.rest());
    }
    return { records, error: undefined, plain };
  } catch (error) {
    assert.ok(error instanceof TabularError);
    return { records, error: error.message, plain };
  }
}

Deno.test("plainBatches() hands out lines as they are, and keeps their numbers", async () => {
  const octets = utf8('a,b\n1,2\n3,4\r\n\n"5",6\n7,ä\n8,"x\ny"\n9,10\n11,12');
  const sizes = [12, 12, 6, 12, 1000];
  const result = await read(inChunks(octets, () => sizes.shift() ?? 1), () => Infinity);
  assert.deepEqual(result.records, [
    { cells: ["1", "2"], line: 2 },
    { cells: ["3", "4"], line: 3 },
    { cells: ["5", "6"], line: 5 },
    { cells: ["7", "ä"], line: 6 },
    { cells: ["8", "x\ny"], line: 7 },
    { cells: ["9", "10"], line: 9 },
    { cells: ["11", "12"], line: 10 },
  ]);
  assert.ok(result.plain > 0);
});

Deno.test("PlainRecord splits its cells once, when they are asked for", () => {
  const record = new PlainRecord(utf8("1;;x "), { line: 7, delimiter: ";" });
  assert.deepEqual(record.cells, ["1", "", "x "]);
  assert.equal(record.cells, record.cells);
  assert.equal(record.line, 7);
});

Deno.test("LineScanner tells plain lines from those that need care", () => {
  const scanner = new LineScanner({ delimiterCode: 0x3b, columnCount: 2, maxOctets: 10 });
  const scan = (text: string) => scanner.scan(utf8(text), 0);
  assert.equal(scan("1;2\n"), LINE_KINDS.plain);
  assert.deepEqual([...scanner.bounds], [0, 2, 4]);
  assert.equal(scan("1;2;3\r\n"), LINE_KINDS.plain);
  assert.deepEqual([scanner.cellCount, scanner.cellsEnd, scanner.lineEnd], [3, 5, 7]);
  assert.equal(scan("12"), LINE_KINDS.open);
  assert.equal(scan(""), LINE_KINDS.open);
  assert.equal(scan('1;"2"\n'), LINE_KINDS.careful);
  assert.equal(scan("1;ö\n"), LINE_KINDS.careful);
  assert.equal(scan("1234567890\n"), LINE_KINDS.plain);
  assert.equal(scan("12345678901\n"), LINE_KINDS.careful);
});

const PIECES = ["1", "22", ",", ",", ",", "\n", "\n", "\r\n", "x y", ""];
const RARE = ['"a,b"', '"', "ä", "€", '"q ""r"" s"', '"two\nlines"', "\r", '""', "y".repeat(600)];

function randomText(random: (below: number) => number): string {
  let text = "a,b,c\n";
  const rarity = 3 + random(60);
  for (let count = random(120); count > 0; count--) {
    text += random(rarity) === 0 ? RARE[random(RARE.length)] : PIECES[random(PIECES.length)];
  }
  return text;
}

Deno.test("plainBatches() reads random inputs as batches does, whatever the pieces", async () => {
  const random = createRandom(printSeed());
  let plain = 0;
  let failures = 0;
  for (let round = 0; round < 3_000; round++) {
    const octets = utf8(randomText(random));
    // Cut off, a last character may be none.
    const cut = random(10) === 0 ? octets.subarray(0, octets.length - random(3)) : octets;
    const size = 1 + random(60);
    const expected = await read(inChunks(cut, () => cut.length), undefined);
    const found = await read(inChunks(cut, () => 1 + random(size)), () => random(4) * 3);
    assert.deepEqual(
      found.records,
      expected.records,
      JSON.stringify(new TextDecoder().decode(cut)),
    );
    assert.equal(found.error, expected.error);
    plain += found.plain;
    if (found.error !== undefined) failures++;
  }
  assert.ok(plain > 1_000 && failures > 50, `${plain} lines, ${failures} failures`);
});
