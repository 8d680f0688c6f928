import assert from "node:assert/strict";
import { loadSchema } from "../../schema/mod.ts";
import {
  createJsonMapper,
  createRowGrouper,
  type CsvRecord,
  JsonRecord,
  planColumns,
  type ReadJsonOptions,
  readJsonRows,
  RowError,
} from "../../tabular/mod.ts";
import { JsonLineReader } from "../../tabular/json_line_reader.ts";
import { repositoryPath } from "../support/paths.ts";
import { createRandom } from "../support/random.ts";
import { field, message, typeOf } from "./support.ts";

const POSE = message("Pose", field("x", "double"), field("name", "string"));
const ROW = message(
  "Row",
  field("id", "int64"),
  field("heart_rate", "double"),
  field("pose", typeOf(POSE)),
  field("words", "string", { cardinality: "repeated" }),
  field("left", "int32", { oneof: "side" }),
  field("right", "int32", { oneof: "side" }),
);

async function* chunksOf(text: string | Uint8Array, octets = 65_536): AsyncGenerator<Uint8Array> {
  const all = typeof text === "string" ? new TextEncoder().encode(text) : text;
  for (let at = 0; at < all.length; at += octets) yield await all.subarray(at, at + octets);
}

/** The columns and all records. */
async function read(text: string | Uint8Array, options: Partial<ReadJsonOptions> = {}) {
  const rows = await readJsonRows(chunksOf(text), { message: ROW, source: "a.jsonl", ...options });
  const records: CsvRecord[] = [];
  for await (const batch of rows.batches) records.push(...batch);
  return { names: rows.header ?? [], cells: records.map(({ cells }) => cells), records };
}

/** What each line becomes: its message, or what is said of it. */
async function convert(text: string, options: Partial<ReadJsonOptions> = {}): Promise<unknown[]> {
  const { names, records } = await read(text, options);
  const plan = planColumns({
    header: names,
    columnCount: names.length,
    areKeys: true,
    message: ROW,
    map: options.map,
    source: "a.jsonl",
  });
  const mapper = createJsonMapper(plan);
  return records.map((record) => {
    try {
      return mapper.toMessage(record);
    } catch (error) {
      if (error instanceof RowError) return error.message;
      throw error;
    }
  });
}

Deno.test("readJsonRows() makes a column of each key, in the order in which they come first", async () => {
  const { names, cells } = await read(
    '\uFEFF{"id": 9007199254740993, "b": true}\r\n\n{"heart_rate": 1.50, "id": null}\n{"b": "x"}',
  );
  assert.deepEqual(names, ["id", "b", "heart_rate"]);
  assert.deepEqual(cells, [["9007199254740993", "true", ""], ["", "", "1.50"], ["", "x", ""]]);
});

Deno.test("readJsonRows() keeps an object that names a field whole, and takes others apart", async (t) => {
  const text = '{"pose":{"x":1.0},"meta":null,"words":["a"]}\n{"meta":{"at":{"s":7},"m":{}}}\n';
  await t.step("by the fields", async () => {
    const { names, cells } = await read(text);
    assert.deepEqual(names, ["pose", "meta.at.s", "words"]);
    assert.deepEqual(cells, [['{"x":1.0}', "", '["a"]'], ["", "7", ""]]);
  });
  await t.step("unless --map names what is in it", async () => {
    const { names } = await read(text, { map: ["pose.x=heart_rate", "Meta="] });
    assert.deepEqual(names, ["pose.x", "meta", "words"]);
  });
  await t.step("or another flag does", async () => {
    const { names } = await read(text, { named: ["pose.x"] });
    assert.deepEqual(names, ["pose.x", "meta.at.s", "words"]);
  });
});

Deno.test("lines that are no rows are bad rows with line and column, and those after them are read", async () => {
  const found = await convert(
    ['{"id":1}', '{"id":2,}', '{"id":3,"id":3}', "[4]", "5", '{"id":"\\ud800"}', '{"id":7'].join(
      "\n",
    ),
  );
  assert.deepEqual(found, [
    { id: "1" },
    'Cannot read "a.jsonl" line 2 column 9: a comma before "}" is not allowed',
    'Cannot read "a.jsonl" line 3 column 9: the key "id" is there twice',
    'Cannot read "a.jsonl" line 4: it is a list, want a JSON object on each line',
    'Cannot read "a.jsonl" line 5: it is no object, want a JSON object on each line',
    'Cannot read "a.jsonl" line 6 column 7: the text has half of a surrogate pair',
    'Cannot read "a.jsonl" line 7 column 8: found the end, want "," or "}"',
  ]);
});

Deno.test("a bad row stays one where no line has a key", async () => {
  const found = await convert("{}\n{");
  assert.deepEqual(found.slice(0, 1), [{}]);
  assert.match(String(found[1]), /line 2 column 2: found the end/);
});

Deno.test("JsonLineReader says where a line is not UTF-8, and passes over lines beyond the limit", () => {
  const text = new TextEncoder().encode(`{"id":1}\n{"ä":x\n${"x".repeat(5_000_000)}\n{}\n`);
  text[text.indexOf(0x78)] = 0xff;
  const reader = new JsonLineReader();
  const lines = [];
  for (let at = 0; at < text.length; at += 65_536) {
    lines.push(...reader.push(text.subarray(at, at + 65_536)));
  }
  lines.push(...reader.finish());
  assert.deepEqual(lines.map(({ line }) => line), [1, 2, 3, 4]);
  assert.deepEqual(lines.map(({ fault }) => fault), [
    undefined,
    { column: 6, problem: "the octet 0xFF is not UTF-8" },
    { problem: "the line is longer than 1048576 characters" },
    undefined,
  ]);
  const short = new JsonLineReader();
  const [long] = short.push(new TextEncoder().encode(`"${"ä".repeat(1024 * 1024)}"\n`));
  assert.equal(long?.fault?.problem, "the line is longer than 1048576 characters");
});

Deno.test("JsonLineReader reads the same lines whatever the chunks", () => {
  const text = '\uFEFF{"ä€😀":"\\n"}\r\n\n \n{"b":[1]}\n{"c"\n\xff\n{"d":{}}';
  const octets = new TextEncoder().encode(text);
  const bad = octets.indexOf(0xc3, 20);
  octets[bad] = 0xff;
  const whole = new JsonLineReader();
  const wanted = [...whole.push(octets), ...whole.finish()];
  assert.deepEqual(wanted.map(({ line }) => line), [1, 4, 5, 6, 7]);
  const random = createRandom(1);
  for (let round = 0; round < 200; round++) {
    const reader = new JsonLineReader();
    const lines = [];
    for (let at = 0; at < octets.length;) {
      const end = round === 0 ? at + 1 : at + 1 + random(9);
      // The source may take its buffer back.
      const chunk = octets.slice(at, end);
      lines.push(...reader.push(chunk));
      chunk.fill(0);
      at = end;
    }
    lines.push(...reader.finish());
    assert.deepEqual(lines, wanted);
  }
});

Deno.test("JSON that is not one object a line is refused with the way out", async (t) => {
  const array = "it is a JSON array; write one object a line, for example with jq -c '.[]'";
  const pretty =
    "the object does not end on its line; write one object a line, for example with jq -c .";
  const cases: [name: string, text: string, line: number, problem: string][] = [
    ["an array on one line", '[{"id":1},{"id":2}]', 1, array],
    ["an array over lines", '\n[\n {"id":1}\n]\n', 2, array],
    ["an object over lines", '{\n "id": 1\n}\n{\n "id": 2\n}\n', 1, pretty],
  ];
  for (const [name, text, line, problem] of cases) {
    await t.step(name, async () => {
      await assert.rejects(read(text), {
        message: `Cannot read "a.jsonl" line ${line}: ${problem}`,
      });
    });
  }
  await t.step("nothing", async () => {
    await assert.rejects(read("\n\n"), { message: 'Cannot read "a.jsonl": it has no rows' });
  });
  await t.step("CSV", async () => {
    await assert.rejects(read("id,value\n1,2\n"), {
      message: 'Cannot read "a.jsonl" line 1 column 1: found "id", want a value',
    });
  });
});

Deno.test("a key that none of the first lines has fills the field of its name", async (t) => {
  const live = { isLive: true };
  const convertLate = async (line: string, options: Partial<ReadJsonOptions> = {}) => {
    const text = `{"id":1,"left":null}\n${'{"id":2}\n'.repeat(10_000)}${line}\n`;
    return (await convert(text, { ...live, ...options })).at(-1);
  };
  const cases: [name: string, line: string, wanted: unknown][] = [
    ["a number", '{"id":3,"heartRate":1.5}', { id: "3", heart_rate: 1.5 }],
    ["a message", '{"pose":{"x":2}}', { pose: { x: 2 } }],
    ["a list", '{"words":["a;b",""]}', { words: ["a;b", ""] }],
    ["null", '{"id":3,"pose":null}', { id: "3" }],
    [
      "no value",
      '{"heart_rate":"x"}',
      'Cannot read "a.jsonl" line 10002 key "heart_rate": "x" is not a double',
    ],
    [
      "no field",
      '{"meta":{"x":1}}',
      'Cannot read "a.jsonl" line 10002: the key "meta.x" is in none of the first lines, and Row has no field ' +
      '"meta"; it has id, heart_rate, pose, words, left, right; --map "*=" leaves out such keys',
    ],
    [
      "a field twice",
      '{"heartRate":1,"heart_rate":2}',
      'Cannot read "a.jsonl" line 10002 key "heart_rate": the field "heart_rate" is there twice',
    ],
    [
      "the field of a column",
      '{"Id":1}',
      'Cannot read "a.jsonl" line 10002 key "Id": "Id" and key "id" both fill the field "id"',
    ],
    [
      "another member of a oneof",
      '{"left":1,"right":2}',
      'Cannot read "a.jsonl" line 10002 key "right": "right" and "left" are of one oneof, but both have a value',
    ],
  ];
  for (const [name, line, wanted] of cases) {
    await t.step(name, async () => assert.deepEqual(await convertLate(line), wanted));
  }
  await t.step("no field, with --map *=", async () => {
    assert.deepEqual(await convertLate('{"id":3,"meta":[1]}', { map: ["*="] }), { id: "3" });
  });
  await t.step("not where rows are grouped", async () => {
    const { records } = await read(`{"id":1}\n${" ".repeat(70_000)}\n{"words":["a"]}`, {
      ...live,
      isGrouped: true,
    });
    const last = records.at(-1);
    assert.ok(last instanceof JsonRecord);
    assert.match(last.fault?.problem ?? "", /^the key "words" is in none of the first lines/);
  });
});

Deno.test("a line that is no row leaves the message whole that it stands within", async () => {
  const { names, records } = await read(
    '{"id":1,"words":"a"}\n{"id":\n{"words":[null],"id":1}\n{"id":1,"words":"b"}\n{"id":2}',
    { isGrouped: true },
  );
  const plan = planColumns({
    header: names,
    columnCount: names.length,
    areKeys: true,
    message: ROW,
    groupBy: "id",
  });
  const grouper = createRowGrouper(plan);
  const messages = [];
  let bad = 0;
  for (const record of records) {
    try {
      const group = grouper.push(record);
      if (group !== undefined) messages.push(group.message);
    } catch (error) {
      assert.ok(error instanceof RowError);
      bad++;
    }
  }
  assert.deepEqual(messages, [{ id: "1", words: ["a", "b"] }]);
  assert.equal(bad, 2);
});

Deno.test("a group of lines that are no rows has its limit, too", async () => {
  const { names, records } = await read('{"id":1,"words":"a"}\n{"id":\n{"id":');
  const plan = planColumns({ header: names, columnCount: 2, message: ROW, groupBy: "id" });
  const grouper = createRowGrouper(plan, { maxGroupChars: 10 });
  grouper.push(records[0]);
  assert.throws(() => grouper.push(records[1]), RowError);
  assert.throws(() => grouper.push(records[2]), {
    message:
      'Cannot group "input" line 3 by column 1 (id): 2 bad rows belong to the message that ' +
      "begins on line 1",
  });
});

Deno.test("readJsonRows() refuses more keys than lines can have cells", async () => {
  const lines = Array.from({ length: 1001 }, (_, line) => {
    const keys = Array.from({ length: 11 }, (_, key) => `"k${line}_${key}":0`);
    return `{${keys.join()}}\n`;
  });
  await assert.rejects(read(lines.join("")), {
    message: 'Cannot read "a.jsonl": the first lines have 11011 keys, and at most 10000 can be ' +
      "columns; put what they hold into lists",
  });
});

Deno.test("what a cell would turn into other values is refused", async () => {
  const found = await convert(
    '{"words":["a",null]}\n{"words":[["a"]]}\n{"words":["null",1,"\\""]}\n{"pose.name":{"a":1}}\n{"pose.name":["a"]}',
  );
  assert.deepEqual(found, [
    'Cannot read "a.jsonl" line 1: the key "words": "null" is no string in a list',
    'Cannot read "a.jsonl" line 2: the key "words": "["a"]" is no string in a list',
    { words: ["null", "1", '"'] },
    'Cannot read "a.jsonl" line 4: the key "pose.name": "{"a":1}" is no string',
    'Cannot read "a.jsonl" line 5: the key "pose.name": "["a"]" is no string',
  ]);
});

Deno.test("columns of JSON are known by their keys in messages", async () => {
  await assert.rejects(convert('{"foo":1,"bar":2}'), {
    message:
      'Cannot map "a.jsonl" key "foo": Row has no field "foo"; it has id, heart_rate, pose, ' +
      'words, left, right; map it with --map "foo=FIELD" or leave it out with --map "foo="; ' +
      '"bar" fits no field either, and --map "*=" leaves out all that do not',
  });
});

Deno.test("a Value takes strings, numbers and null apart", async () => {
  const schema = await loadSchema([repositoryPath("tests/testdata/protos/every_cell.proto")]);
  const shape = schema.services[0]?.methods[0]?.request ?? ROW;
  const { cells } = await read('{"value":"5"}\n{"value":5}\n{"value":null}\n{}', {
    message: shape,
  });
  assert.deepEqual(cells, [['"5"'], ["5"], ["null"], [""]]);
});

Deno.test("a string for a StringValue is its value, also one that looks like an object", async () => {
  const text = message("google.protobuf.StringValue", field("value", "string"));
  const options = { message: message("Boxed", field("text", typeOf(text))) };
  const { cells } = await read('{"text":"{a"}\n{"text":"plain"}\n', options);
  assert.deepEqual(cells, [['{"value":"{a"}'], ["plain"]]);
});

Deno.test("names that are so long that their members would take time without end are refused", async () => {
  const long = JSON.stringify({ ["k".repeat(500_000)]: Object.fromEntries(Array(9000).entries()) });
  await assert.rejects(read(`${long}\n`), /the key "k+…" has more than 1024 characters/);
  const [last] = (await convert(`${'{"id":1}\n'.repeat(20_000)}${long}\n`)).slice(-1);
  assert.match(String(last), /line 20001: the key "k+…" has more than 1024 characters/);
});

Deno.test("a late key does not overwrite what another late key of its line has filled", async () => {
  const head = '{"id":1}\n'.repeat(20_000);
  for (const line of ['{"pose.x":1,"pose":{"name":"a"}}', '{"pose":{"name":"a"},"pose.x":1}']) {
    const [last] = (await convert(`${head}${line}\n`)).slice(-1);
    assert.match(String(last), /another key are of one field/);
  }
});
