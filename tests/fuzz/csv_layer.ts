import { strict as assert } from "node:assert";
import {
  CellError,
  CsvReader,
  type CsvRecord,
  detectDelimiter,
  isHeader,
  parseList,
  TabularError,
} from "../../tabular/mod.ts";
import type { Dice } from "./dice.ts";
import type { FuzzLayer, Tally } from "./layer.ts";
import { mutateOctets } from "./mutate.ts";

const MAX_RECORD_CHARS = 2000;
const PIECES = ["1", "12,5", "abc", "é☺", '"', '""', '"a,b"', '"\n"', ",", ";", "\t", "|", "\n"]
  .concat(["\r\n", "\r", " ", "\ufeff", "\u0000", "NaN", "2024-01-01T00:00:00Z", "[1, 2]"]);

/** Octets as CSV: records, or a sentence that says where it stops; the pieces that they come in do not matter. */
export function createCsvLayer(share: number): FuzzLayer {
  return { name: "csv", share, run };
}

function run(dice: Dice, tally: Tally): void {
  const text = dice.chance(50) ? buildTable(dice) : buildText(dice);
  const valid = new TextEncoder().encode(text);
  const octets = dice.chance(30) ? mutateOctets(valid, dice) : valid;
  const delimiter = dice.chance(20) ? dice.pick([",", ";", "\t", "|", "é", "x"]) : undefined;
  const searched = countSearched(() => {
    const whole = read([octets], delimiter);
    assert.deepEqual(read(dice.cut(octets), delimiter), whole, "the pieces do not matter");
    tally.add(whole.failure === undefined ? "csv: read" : "csv: refused");
    if (whole.records.length > 0) tally.add("csv: gave records");
  });
  // Twice read, and a constant number of searches a character.
  assert.ok(searched <= 20 * octets.length + 200, `${searched} of ${octets.length} searched`);
  readTexts(text, tally);
}

function buildTable(dice: Dice): string {
  const columns = 1 + dice.below(5);
  const delimiter = dice.pick([",", ";", "\t", "|"]);
  const lines = Array.from({ length: dice.below(12) }, () =>
    Array.from({ length: columns }, () => {
      const cell = dice.text(6, 'ab1,.5 "\n;');
      return /["\n,;\t|]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
    }).join(delimiter));
  return lines.join(dice.pick(["\n", "\r\n"])) + dice.pick(["", "\n"]);
}

function buildText(dice: Dice): string {
  const unit = () => dice.pick(PIECES).repeat(dice.chance(5) ? dice.below(1000) : 1);
  return Array.from({ length: dice.below(30) }, unit).join("");
}

interface Reading {
  readonly records: CsvRecord[];
  readonly failure: string | undefined;
}

function read(pieces: readonly Uint8Array[], delimiter: string | undefined): Reading {
  const reader = new CsvReader({ delimiter, maxRecordChars: MAX_RECORD_CHARS });
  const records: CsvRecord[] = [];
  try {
    for (const piece of pieces) records.push(...reader.push(piece));
    records.push(...reader.finish());
    // A failure that had to wait for the records before it.
    reader.finish();
    return { records, failure: undefined };
  } catch (error) {
    assert.ok(error instanceof TabularError, `${error}`);
    assert.match(error.message, /^Cannot read "input" line \d+: /);
    return { records, failure: error.message };
  }
}

/** What looks at single cells and lines throws nothing else. */
function readTexts(text: string, tally: Tally): void {
  assert.equal(detectDelimiter(text).length, 1);
  assert.equal(typeof isHeader(text.split("\n")), "boolean");
  try {
    for (const item of parseList(text)) assert.equal(typeof item, "string");
  } catch (error) {
    // The row mapper says of which cell.
    assert.ok(error instanceof CellError, `${error}`);
  }
  tally.add("csv: texts");
}

/** The characters that `indexOf()` goes over in a call: the cost of reading, without a clock. */
function countSearched(call: () => void): number {
  // deno-lint-ignore no-explicit-any
  const prototype = String.prototype as any;
  const { indexOf } = prototype;
  let searched = 0;
  prototype.indexOf = function (this: string, part: string, from = 0): number {
    const index = indexOf.call(this, part, from);
    searched += (index < 0 ? this.length : index) - from + 1;
    return index;
  };
  try {
    call();
  } finally {
    prototype.indexOf = indexOf;
  }
  return searched;
}
