import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createAnswerWriter, CsvReader, listJoinColumns, planColumns } from "../../tabular/mod.ts";
import { loadEverything, methodOf } from "../schema/support.ts";
import { field, MEASUREMENT, message, record, TICK, utf8 } from "./support.ts";

const PREDICTION = message("test.Prediction", field("id", "int32"), field("prediction", "bool"));
const SCORE = message(
  "test.Score",
  field("id", "int32"),
  field("score", "float"),
  field("text", "string"),
);
const TEXT = message("test.Text", field("text", "string"));
const JOIN = listJoinColumns(
  planColumns({
    header: ["id", "sensor1", "note"],
    columnCount: 3,
    message: MEASUREMENT,
    map: ["note="],
  }),
);

Deno.test("The csv writer writes the header once, then a line per answer", () => {
  const writer = createAnswerWriter("csv", PREDICTION);
  assert.equal(writer.write([{ id: 1, prediction: true }]), "id,prediction\n1,true\n");
  assert.equal(writer.write([{ id: 2, prediction: false }, { id: 3 }]), "2,false\n3,\n");
  assert.equal(writer.write([]), "");
  assert.equal(writer.finish(), "");
});

Deno.test("The csv writer writes a header even if there are no answers, unless told not to", () => {
  assert.equal(createAnswerWriter("csv", PREDICTION).finish(), "id,prediction\n");
  const writer = createAnswerWriter("csv", PREDICTION, { header: false });
  assert.equal(writer.write([{ id: 1, prediction: true }]), "1,true\n");
  assert.equal(writer.finish(), "");
});

const TEXTS = ["plain", "a,b", 'say "x"', "two\nlines", "cr\rlf\r\n", "", " blanks ", "ä€😀"];

Deno.test("The csv writer quotes so that a reader gets every text back", () => {
  for (const shape of [TEXT, SCORE]) {
    const writer = createAnswerWriter("csv", shape);
    const csv = writer.write(TEXTS.map((text) => ({ id: 1, score: 0.5, text })));
    const reader = new CsvReader({ delimiter: "," });
    const records = [...reader.push(utf8(csv)), ...reader.finish()].slice(1);
    assert.deepEqual(records.map(({ cells }) => cells.at(-1)), TEXTS);
  }
});

Deno.test("The csv writer flattens nested messages and writes lists and maps as JSON", () => {
  const writer = createAnswerWriter("csv", TICK);
  const answer = {
    observed_at: "now",
    position: { latitude: 50.5, longitude: 8 },
    stations: [{ station: "a", position: null, no2: Math.fround(0.1) }],
    samples: [Math.fround(0.1), NaN],
    labels: { k: 'a "b"' },
    counts: {},
    choice: "by_number",
    by_number: 5,
  };
  assert.equal(
    writer.write([answer, { position: null }]),
    "observed_at,position.latitude,position.longitude,stations,samples,labels,counts,by_text,by_number\n" +
      'now,50.5,8,"[{""station"":""a"",""position"":null,""no2"":0.1}]","[0.1,""NaN""]",' +
      '"{""k"":""a \\""b\\""""}",{},,5\n' +
      ",,,,,,,,\n",
  );
});

Deno.test("The csv writer joins the input's columns and renames what is called alike", () => {
  const writer = createAnswerWriter("csv", PREDICTION, { join: JOIN });
  const text = writer.write(
    [{ id: 1, prediction: true }, { id: 2, prediction: false }],
    [record(2, "1", "0.5", 'a "b", c')],
  );
  assert.equal(
    text,
    'id,sensor1,note,answer.id,prediction\n1,0.5,"a ""b"", c",1,true\n,,,2,false\n',
  );
});

Deno.test("The jsonl writer writes one object per line, numbers as short as can be", () => {
  const writer = createAnswerWriter("jsonl", SCORE);
  assert.equal(
    writer.write([
      { id: 1, score: Math.fround(0.1), text: 'a "b"\n' },
      { id: 2, score: NaN, text: "" },
      { id: 3, score: -Infinity },
    ]),
    '{"id":1,"score":0.1,"text":"a \\"b\\"\\n"}\n' +
      '{"id":2,"score":"NaN","text":""}\n' +
      '{"id":3,"score":"-Infinity","text":null}\n',
  );
  assert.equal(writer.finish(), "");
});

Deno.test("The jsonl writer joins cells as numbers where the column is one", () => {
  const writer = createAnswerWriter("jsonl", PREDICTION, { join: JOIN });
  assert.equal(
    writer.write(
      [{ id: 1, prediction: true }, { id: 2, prediction: false }],
      [record(2, "1", "0.50", "007"), record(3, "2", "nan", "")],
    ),
    '{"id":1,"sensor1":0.50,"note":"007","answer.id":1,"prediction":true}\n' +
      '{"id":2,"sensor1":"nan","note":null,"answer.id":2,"prediction":false}\n',
  );
});

Deno.test("The jsonl writer writes every kind of field as the wire brings it", async () => {
  const { response, definition } = methodOf(await loadEverything(), "Get");
  const sent = {
    a_double: 1e300,
    a_float: 0.1,
    an_int64: "-9223372036854775808",
    a_uint64: "18446744073709551615",
    some_bytes: Buffer.from([255, 239]),
    color: "GREEN",
    inner: { x: 1, back: { a_bool: true } },
    float_by_long: { "-5": 0.1, "12345678": 2 },
    at: { seconds: "1709209815", nanos: 120_000_000 },
    lasts: { seconds: "0", nanos: -500_000_000 },
    boxed_double: { value: 0.5 },
    boxed_long: { value: "9007199254740993" },
    maybe_number: 0,
  };
  const answer = definition.responseDeserialize(definition.responseSerialize(sent));
  assert.ok(typeof answer === "object" && answer !== null);
  const line = createAnswerWriter("jsonl", response).write([answer]);
  const parsed = JSON.parse(line);
  const expected = {
    ...sent,
    some_bytes: "/+8=",
    at: "2024-02-29T12:30:15.120Z",
    lasts: "-0.500s",
    boxed_double: 0.5,
    boxed_long: "9007199254740993",
    maybe_text: null,
    boxed_text: null,
    choice_text: null,
    samples: [],
  };
  for (const [name, value] of Object.entries(expected)) {
    if (name === "inner") assert.equal(parsed.inner.back.a_bool, true);
    else assert.deepEqual(parsed[name], value, name);
  }
  assert.equal("_maybe_number" in parsed, false);
});

Deno.test("The csv writer flattens a recursive message once and leaves the rest to JSON", async () => {
  const { response } = methodOf(await loadEverything(), "Get");
  const [head = ""] = createAnswerWriter("csv", response).finish().split("\n");
  const names = head.split(",");
  assert.ok(names.includes("inner.back"));
  assert.ok(names.includes("legacy.part.size"));
  assert.ok(!names.some((name) => name.startsWith("inner.back.")));
});

Deno.test("The table writer aligns by the header and the first batch", () => {
  const writer = createAnswerWriter("table", SCORE);
  const first = writer.write([
    { id: 1, score: 0.5, text: "a" },
    { id: 100, score: 12.25, text: "longer" },
  ]);
  assert.equal(first, " id  score  text\n---  -----  ------\n  1    0.5  a\n100  12.25  longer\n");
  assert.equal(
    writer.write([{ id: 12345, score: 1, text: "b" }]),
    "12345      1  b\n",
  );
  assert.equal(writer.finish(), "");
});

Deno.test("The table writer writes a header even if there are no answers", () => {
  assert.equal(
    createAnswerWriter("table", PREDICTION).finish(),
    "id  prediction\n--  ----------\n",
  );
});

Deno.test("The table writer joins columns, and keeps control characters off the terminal", () => {
  const writer = createAnswerWriter("table", TEXT, { join: [{ name: "id", isNumeric: true }] });
  assert.equal(
    writer.write([{ text: "a\x1b[31m\nb" }], [record(2, "7")]),
    "id  text\n--  --------------\n 7  a\\u001b[31m\\nb\n",
  );
});

Deno.test("listJoinColumns() numbers the columns of an input without a header", () => {
  const plan = planColumns({ header: undefined, columnCount: 3, message: MEASUREMENT });
  assert.deepEqual(listJoinColumns(plan), [
    { name: "column1", isNumeric: true },
    { name: "column2", isNumeric: true },
    { name: "column3", isNumeric: true },
  ]);
});
