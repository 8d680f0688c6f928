import assert from "node:assert/strict";
import { type FieldShape, loadSchema } from "../../schema/mod.ts";
import {
  createRowMapper,
  createTargetConverter,
  planColumns,
  RowError,
} from "../../tabular/mod.ts";
import { methodOf, testProto } from "../schema/support.ts";
import { seededRandom } from "./support.ts";

const schema = await loadSchema([testProto("every_cell.proto")]);
const { request, definition } = methodOf(schema, "Echo");

function fieldOf(name: string): FieldShape {
  const field = request.fields.find((candidate) => candidate.name === name);
  if (field === undefined) throw new Error(`Cannot find "${name}"`);
  return field;
}

/** What a cell becomes on the wire and back, without what is unset. */
function roundTrip(name: string, cell: string): unknown {
  const plan = planColumns({ header: [name], columnCount: 1, message: request });
  const target = plan.columns[0]?.target;
  if (target === undefined) throw new Error(`Cannot map "${name}"`);
  const message = { [name]: createTargetConverter(target)(cell) };
  const decoded = definition.requestDeserialize(definition.requestSerialize(message));
  return withoutUnset((decoded as Record<string, unknown>)[name]);
}

/** Drops nulls, empty lists, and the loader's notes on which member of a oneof is set. */
function withoutUnset(value: unknown): unknown {
  if (value instanceof Uint8Array) return [...value];
  if (Array.isArray(value)) return value.map(withoutUnset);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([name, part]) => part !== null && name !== "kind")
    .map(([name, part]) => [name, withoutUnset(part)]);
  return Object.fromEntries(entries);
}

const text = (stringValue: string) => ({ stringValue });
const number = (numberValue: number) => ({ numberValue });

const JSON_CELLS: readonly (readonly [field: string, cell: string, wanted: unknown])[] = [
  [
    "struct",
    '{"a": [1, null, "x"], "b": {"c": true}}',
    {
      fields: {
        a: { listValue: { values: [number(1), { nullValue: "NULL_VALUE" }, text("x")] } },
        b: { structValue: { fields: { c: { boolValue: true } } } },
      },
    },
  ],
  ["struct", "{}", { fields: {} }],
  ["value", "1.5", number(1.5)],
  ["value", "false", { boolValue: false }],
  ["value", "null", { nullValue: "NULL_VALUE" }],
  ["value", "plain text", text("plain text")],
  ["value", '"1.5"', text("1.5")],
  ["value", "007", text("007")],
  ["list_value", '[1, ["x"]]', {
    values: [number(1), { listValue: { values: [text("x")] } }],
  }],
  ["mask", "a, b.c", { paths: ["a", "b.c"] }],
  ["mask", '"a,b"', { paths: ["a", "b"] }],
  ["any", '{"type_url": "x/y.Z", "value": "AQI="}', { type_url: "x/y.Z", value: [1, 2] }],
  ["nothing", "{}", {}],
  ["boxed_bytes", '{"value": "AQI="}', { value: [1, 2] }],
  ["lasts", '{"seconds": "-1"}', { seconds: "-1", nanos: 0 }],
];

for (const [name, cell, wanted] of JSON_CELLS) {
  Deno.test(`A cell fills the ${name} with ${cell}, and the wire keeps it`, () => {
    assert.deepEqual(roundTrip(name, cell), wanted);
  });
}

const point = fieldOf("point").type;
const convertPoint = createTargetConverter({ type: point, isList: false });

Deno.test("JSON in a cell keeps every digit of a number", () => {
  const cell =
    '{"measured_ns": -9223372036854775808, "previous": {"measuredNs": "9007199254740993"}}';
  assert.deepEqual(convertPoint(cell), {
    measured_ns: "-9223372036854775808",
    previous: { measured_ns: "9007199254740993" },
  });
});

Deno.test("JSON in a cell may leave fields null, which is unset", () => {
  assert.deepEqual(convertPoint('{"latitude": null, "tags": null}'), {});
});

Deno.test("The keys of a map may be the names that objects have", () => {
  const type = { kind: "scalar", scalar: "double" } as const;
  const convert = createTargetConverter({ type, isList: false, mapKey: "string" });
  for (const cell of ["__proto__=1;constructor=2", '{"__proto__": 1, "constructor": 2}']) {
    const map = convert(cell) as object;
    assert.deepEqual(Object.entries(map), [["__proto__", 1], ["constructor", 2]]);
  }
});

const BAD: readonly (readonly [field: string, cell: string, reason: string])[] = [
  ["point", "[]", "a list is not a Point in JSON"],
  ["point", "5", '"5" is not a Point in JSON'],
  ["point", '{"latitude": true}', '"true" is not a double in "latitude"'],
  ["point", '{"latitude": 1, "Latitude": 2}', 'the field "latitude" is there twice'],
  ["point", '{"tags": "a"}', '"a" is not a list of string in "tags"'],
  ["point", '{"tags": [5]}', '"5" is not a string in "tags[0]"'],
  ["point", '{"measured_ns": 1.5}', '"1.5" is not an int64 in "measured_ns"'],
  ["point", '{"__proto__": {}}', 'Point has no field "__proto__"'],
  ["struct", '{"a": 1e999}', '"1e999" is out of the range of a double in "a"'],
  ["value", "[1", '"[1" is not JSON'],
  ["any", '{"@type": "x/y.Z"}', 'Any has no field "@type"'],
  ["by_long", '{"x": "a"}', '"x" is not an int64 in "[x]"'],
  ["points_by_name", "a=1", '"a=1" is not JSON, in which a cell holds a Point'],
];

for (const [name, cell, reason] of BAD) {
  Deno.test(`A cell of ${name} refuses ${cell}`, () => {
    assert.throws(() => roundTrip(name, cell), { name: "CellError", message: reason });
  });
}

Deno.test("JSON in a cell is refused when it nests without end, in linear time", () => {
  for (const [open, close] of [["[", "]"], ['{"previous":', "}"]] as const) {
    const cell = `${open.repeat(200_000)}1${close.repeat(200_000)}`;
    for (const name of ["point", "value", "points"]) {
      assert.throws(() => roundTrip(name, cell), /is nested deeper than 100 levels/);
    }
  }
});

Deno.test("Brackets in a cell that quote items keep what is between the quotes", () => {
  const type = { kind: "scalar", scalar: "string" } as const;
  const convert = createTargetConverter({ type, isList: true });
  const cells: Readonly<Record<string, readonly string[]>> = {
    "['a, b', 'it\\'s']": ["a, b", "it's"],
    '["a, b", c]': ["a, b", "c"],
    '["it\\u0027s"]': ["it's"],
    '["x;y"]': ["x;y"],
    "[it's, b]": ["it's", "b"],
    "['']": [""],
  };
  for (const [cell, items] of Object.entries(cells)) assert.deepEqual(convert(cell), items, cell);
  assert.throws(() => convert("['a' b, c]"), /has text after the quotes of an item/);
  assert.throws(() => convert("['a, b]"), /has a quote that is never closed/);
});

Deno.test("Any cell either fills its field so that it can be sent, or is refused with a reason", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const pieces = [
    ..."0123456789.,;:=-+eE[]{}\"'\\@ntTZ/_ ",
    "null",
    "true",
    "__proto__",
    "2024-02-29T12:30:15Z",
    '{"a":',
    "constructor",
    "inf",
    "1e400",
    "latitude",
    "\ud800",
    "ä",
  ];
  let filled = 0;
  for (const field of request.fields) {
    const plan = planColumns({ header: [field.name], columnCount: 1, message: request });
    const mapper = createRowMapper(plan);
    for (let round = 0; round < 300; round++) {
      const count = 1 + Math.floor(random() * 8);
      const cell = Array.from(
        { length: count },
        () => pieces[Math.floor(random() * pieces.length)] ?? "",
      ).join("");
      try {
        const message = mapper.toMessage({ cells: [cell], line: 2 });
        definition.requestDeserialize(definition.requestSerialize(message));
        filled++;
      } catch (error) {
        const where = `seed ${seed}: ${field.name} ${JSON.stringify(cell)}`;
        assert.ok(error instanceof RowError, `${where}: ${error}`);
      }
    }
  }
  assert.ok(filled > 300);
});

Deno.test("Random 64-bit integers, doubles and octets come back from the wire as they were", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const octets = () => Uint8Array.from({ length: 8 }, () => Math.floor(random() * 256));
  for (let round = 0; round < 500; round++) {
    const view = new DataView(octets().buffer);
    const long = view.getBigInt64(0).toString();
    const double = view.getFloat64(0);
    const bytes = new Uint8Array(view.buffer).toHex();
    assert.equal(roundTrip("an_int64", long), long, `seed ${seed}`);
    assert.ok(Object.is(roundTrip("a_double", `${double}`), double), `seed ${seed}: ${double}`);
    assert.deepEqual(roundTrip("some_bytes", `0x${bytes}`), [...new Uint8Array(view.buffer)]);
  }
});
