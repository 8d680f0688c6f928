import { strict as assert } from "node:assert";
import type { MethodSchema } from "../../schema/mod.ts";
import {
  ANSWER_FORMATS,
  createAnswerWriter,
  createRowMapper,
  planColumns,
  RowError,
  TabularError,
} from "../../tabular/mod.ts";
import { loadEverything, methodOf } from "../schema/support.ts";
import type { Dice } from "./dice.ts";
import type { FuzzLayer, Tally } from "./layer.ts";

/** Cells of any text for fields of any type: a message that can be sent, or a sentence about the cell. */
export async function createRowsLayer(share: number): Promise<FuzzLayer> {
  const method = methodOf(await loadEverything(), "Get");
  return { name: "rows", share, run: (dice, tally) => mapRow(dice, tally, method) };
}

const CELLS = [
  "",
  " ",
  "0",
  "-1",
  "1.5",
  "1e400",
  "12,5",
  "0x1F",
  "9223372036854775808",
  "99999999999999999999",
  "true",
  "NaN",
  "-Infinity",
  "RED",
  "5",
  "2024-02-30T25:00:00Z",
  "2024-02-29 12:00",
  "1700000000",
  "1.5s",
  "-3h",
  "[1, 2, 3]",
  '["a", "b"]',
  "[[[[",
  '["\\',
  "a;b;c",
  "{}",
  "__proto__",
  "AQI=",
  "AQI",
] as const;

const HEADERS = [
  "a_double",
  "A Float",
  "aFloat",
  "inner.x",
  "inner.back.inner.x",
  "inners[0].x",
  "inners[1].x",
  "inners[4294967295].x",
  "samples",
  "samples[0]",
  "words",
  "inner_by_name.k.x",
  "inner_by_name.__proto__.x",
  "inner_by_name[constructor].x",
  "float_by_long.1",
  "color_by_name.__proto__",
  "choice_text",
  "choice_number",
  "at",
  "lasts",
  "boxed_double",
  "boxed_long.value",
  "some_bytes",
  "an_int64",
  "a_uint64",
  "a_bool",
  "color",
  "legacy.id",
  "maybe_text",
] as const;

const ODD_HEADERS = [
  "__proto__",
  "constructor",
  "",
  "nothing.of.it",
  "inner",
  "samples[1]",
] as const;

function mapRow(dice: Dice, tally: Tally, { request, definition }: MethodSchema): void {
  const header = Array.from({ length: 1 + dice.below(4) }, () => pickHeader(dice));
  const map = dice.chance(10) ? [dice.text(12, "a=_*1.xv")] : [];
  let mapper: ReturnType<typeof createRowMapper>;
  try {
    mapper = createRowMapper(
      planColumns({ header, columnCount: header.length, message: request, map }),
      dice.chance(20) ? { nullText: dice.pick(CELLS) } : {},
    );
  } catch (error) {
    assert.equal(error instanceof TabularError, true, `${error}`);
    tally.add("rows: refused columns");
    return;
  }
  const cells = header.map(() => pickCell(dice));
  try {
    const message = mapper.toMessage({ cells, line: 2 });
    const decoded = definition.requestDeserialize(definition.requestSerialize(message));
    assert.equal(typeof decoded, "object");
    const format = dice.pick(ANSWER_FORMATS);
    const writer = createAnswerWriter(format, request);
    const text = writer.write([decoded as object]) + writer.finish();
    if (format === "jsonl") assert.equal(typeof JSON.parse(text), "object");
    tally.add("rows: mapped");
  } catch (error) {
    assert.ok(error instanceof RowError, `${cells.join(" | ")}: ${error}`);
    tally.add("rows: refused cell");
  }
}

function pickHeader(dice: Dice): string {
  if (dice.chance(5)) return dice.pick(ODD_HEADERS);
  const name = dice.pick(HEADERS);
  return dice.chance(95) ? name : `${name}${dice.text(4, "[]0.x_")}`;
}

function pickCell(dice: Dice): string {
  if (dice.chance(75)) return dice.pick(CELLS);
  return dice.text(10, '01-+.,eE:TZ[]{}"\\; é\u0000\n');
}
