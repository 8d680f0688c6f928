import assert from "node:assert/strict";
import { createRowMapper, planColumns, RowError } from "../../tabular/mod.ts";
import { loadEverything, methodOf } from "../schema/support.ts";
import { MEASUREMENT, record, TICK } from "./support.ts";

function mapperFor(header: readonly string[], options: { nullText?: string } = {}, message = TICK) {
  const plan = planColumns({ header, columnCount: header.length, message, source: "t.csv" });
  return createRowMapper(plan, options);
}

/** Without the prototypes, which maps do not have. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

Deno.test("toMessage() converts each cell to its field", () => {
  const mapper = mapperFor(["id", "sensor2", "sensor1"], {}, MEASUREMENT);
  assert.deepEqual(mapper.toMessage(record(2, "7", "0.5", "-1e3")), {
    id: 7,
    sensor1: -1000,
    sensor2: 0.5,
  });
});

Deno.test("toMessage() leaves the field of an empty or null cell unset", () => {
  const mapper = mapperFor(["id", "sensor1", "sensor2"], { nullText: "NA" }, MEASUREMENT);
  assert.deepEqual(mapper.toMessage(record(2, "7", "", "NA")), { id: 7 });
  assert.deepEqual(mapper.toMessage(record(2, "7", "  ", " NA ")), { id: 7 });
});

Deno.test("toMessage() takes a blank text for a text", () => {
  assert.deepEqual(mapperFor(["observed_at"]).toMessage(record(2, "  ")), { observed_at: "  " });
});

Deno.test("toMessage() ignores columns that are left out", () => {
  const plan = planColumns({
    header: ["id", "note"],
    columnCount: 2,
    message: MEASUREMENT,
    map: ["note="],
  });
  assert.deepEqual(createRowMapper(plan).toMessage(record(2, "7", "whatever")), { id: 7 });
});

interface Deep {
  readonly name: string;
  readonly header: readonly string[];
  readonly cells: readonly string[];
  readonly message: unknown;
}

const DEEP: readonly Deep[] = [
  {
    name: "nested messages",
    header: ["position.latitude", "position.longitude"],
    cells: ["50.5", "8"],
    message: { position: { latitude: 50.5, longitude: 8 } },
  },
  {
    name: "nothing for a nested message whose cells are all empty",
    header: ["position.latitude", "observed_at"],
    cells: ["", "now"],
    message: { observed_at: "now" },
  },
  {
    name: "elements of a repeated message, whatever their order",
    header: [
      "stations[1].no2",
      "stations[0].position.latitude",
      "stations[0].no2",
      "stations[1].station",
    ],
    cells: ["2", "50", "1", "b"],
    message: { stations: [{ position: { latitude: 50 }, no2: 1 }, { station: "b", no2: 2 }] },
  },
  {
    name: "an empty message for an element between others",
    header: ["stations[0].no2", "stations[1].no2", "stations[2].no2"],
    cells: ["", "2", ""],
    message: { stations: [{}, { no2: 2 }] },
  },
  {
    name: "a list in one cell",
    header: ["samples"],
    cells: ["1;2.5;inf"],
    message: { samples: [1, 2.5, "Infinity"] },
  },
  {
    name: "a list in brackets",
    header: ["samples"],
    cells: ["[1, 2]"],
    message: { samples: [1, 2] },
  },
  { name: "an empty list", header: ["samples"], cells: ["[]"], message: { samples: [] } },
  {
    name: "numbered columns, out of order",
    header: ["v2", "v10", "v1"],
    cells: ["2", "10", "1"],
    message: { samples: [1, 2, 10] },
  },
  {
    name: "fewer elements where the last cells are empty",
    header: ["v0", "v1", "v2"],
    cells: ["1", "", ""],
    message: { samples: [1] },
  },
  {
    name: "map entries",
    header: ["labels[b]", "labels[a c]", "counts[007]", "labels[__proto__]"],
    cells: ["1", "2", "3", "4"],
    message: { labels: { b: "1", "a c": "2", ["__proto__"]: "4" }, counts: { "7": 3 } },
  },
  {
    name: "the one member of a oneof that has a value",
    header: ["by_text", "by_number"],
    cells: ["", "5"],
    message: { by_number: 5 },
  },
];

for (const { name, header, cells, message } of DEEP) {
  Deno.test(`toMessage() makes ${name}`, () => {
    const result = JSON.stringify(
      mapperFor(header).toMessage(record(2, ...cells)),
      (_, value) => value === Infinity ? "Infinity" : value,
    );
    assert.deepEqual(plain(JSON.parse(result)), plain(message));
  });
}

interface Bad {
  readonly name: string;
  readonly header: readonly string[];
  readonly cells: readonly string[];
  readonly error: string;
  readonly details: { readonly column?: number; readonly value?: string; readonly reason: string };
}

const BAD: readonly Bad[] = [
  {
    name: "a cell that is no value of its field",
    header: ["observed_at", "position.latitude", "samples[0]"],
    cells: ["now", "1", "12x"],
    error:
      'Cannot read "t.csv" line 7 column 3 (samples[0]): "12x" is not a float; write the number without "x"',
    details: {
      column: 3,
      value: "12x",
      reason: '"12x" is not a float; write the number without "x"',
    },
  },
  {
    name: "an item of a list",
    header: ["samples"],
    cells: ["1;x;3"],
    error: 'Cannot read "t.csv" line 7 column 1 (samples): "x" is not a float',
    details: { column: 1, value: "1;x;3", reason: '"x" is not a float' },
  },
  {
    name: "a gap in a list",
    header: ["v0", "v1"],
    cells: ["", "1"],
    error:
      'Cannot read "t.csv" line 7 column 2 (v1): "samples[1]" has a value, but "samples[0]" before it is empty',
    details: {
      column: 2,
      value: "1",
      reason: '"samples[1]" has a value, but "samples[0]" before it is empty',
    },
  },
  {
    name: "two members of a oneof",
    header: ["by_text", "by_number"],
    cells: ["a", "1"],
    error:
      'Cannot read "t.csv" line 7 column 2 (by_number): "by_number" and "by_text" are of one oneof, but both have a value',
    details: {
      column: 2,
      value: "1",
      reason: '"by_number" and "by_text" are of one oneof, but both have a value',
    },
  },
  {
    name: "too few cells",
    header: ["observed_at", "samples"],
    cells: ["now"],
    error: 'Cannot read "t.csv" line 7: found 1 cell, expected 2 as in the header',
    details: { reason: "found 1 cell, expected 2 as in the header" },
  },
  {
    name: "too many cells",
    header: ["observed_at"],
    cells: ["now", "1", "2"],
    error: 'Cannot read "t.csv" line 7: found 3 cells, expected 1 as in the header; ' +
      "a cell with the delimiter in it needs quotes around it",
    details: {
      reason: "found 3 cells, expected 1 as in the header; " +
        "a cell with the delimiter in it needs quotes around it",
    },
  },
  {
    name: "a delimiter at the end that the header lacks",
    header: ["observed_at"],
    cells: ["now", ""],
    error: 'Cannot read "t.csv" line 7: found 2 cells, expected 1 as in the header; ' +
      "nothing follows its last delimiter: take that away, or end the header with one as well",
    details: {
      reason: "found 2 cells, expected 1 as in the header; " +
        "nothing follows its last delimiter: take that away, or end the header with one as well",
    },
  },
  {
    name: "a quoted cell behind a blank",
    header: ["observed_at"],
    cells: [' "a', ' b"'],
    error: 'Cannot read "t.csv" line 7: found 2 cells, expected 1 as in the header; ' +
      "a quote counts as one right behind the delimiter only: take the blanks before it away",
    details: {
      reason: "found 2 cells, expected 1 as in the header; " +
        "a quote counts as one right behind the delimiter only: take the blanks before it away",
    },
  },
];

for (const { name, header, cells, error, details } of BAD) {
  Deno.test(`toMessage() rejects ${name}, with the place`, () => {
    assert.throws(() => mapperFor(header).toMessage(record(7, ...cells)), (thrown) => {
      assert.ok(thrown instanceof RowError);
      assert.equal(thrown.message, error);
      assert.deepEqual(thrown.details, { line: 7, ...details });
      return true;
    });
  });
}

Deno.test("toMessage() reads on after a bad row", () => {
  const mapper = mapperFor(["id"], {}, MEASUREMENT);
  assert.throws(() => mapper.toMessage(record(2, "x")));
  assert.deepEqual(mapper.toMessage(record(3, "1")), { id: 1 });
});

/** A cell per field of everything.proto, and what the wire brings back. */
const WIRE: readonly (readonly [column: string, cell: string, value: unknown])[] = [
  ["a_double", "0.1", 0.1],
  ["a_float", "0.5", 0.5],
  ["an_int32", "-2147483648", -2147483648],
  ["an_int64", "-9223372036854775808", "-9223372036854775808"],
  ["a_uint32", "4294967295", 4294967295],
  ["a_uint64", "18446744073709551615", "18446744073709551615"],
  ["a_sint32", "-5", -5],
  ["a_sint64", "-9007199254740993", "-9007199254740993"],
  ["a_fixed32", "4294967295", 4294967295],
  ["a_fixed64", "18446744073709551615", "18446744073709551615"],
  ["a_sfixed32", "-5", -5],
  ["a_sfixed64", "9007199254740993", "9007199254740993"],
  ["a_bool", "yes", true],
  ["a_string", "ä,€", "ä,€"],
  ["some_bytes", "0x00ff", Uint8Array.of(0, 255)],
  ["color", "green", "GREEN"],
  ["inner.x", "4", { x: 4, back: null, kind: "PLAIN" }],
  ["inners[0].kind", "1", [{ x: 0, back: null, kind: "FANCY" }]],
  ["samples", "1;nan;-inf", [1, NaN, -Infinity]],
  ["words", "a;b", ["a", "b"]],
  ["inner_by_name[k].x", "3", { k: { x: 3, back: null, kind: "PLAIN" } }],
  ["color_by_name[k]", "5", { k: "GREEN" }],
  ["choice_number", "0", 0],
  ["maybe_number", "0", 0],
  ["at", "1970-01-01T00:00:01.5Z", { seconds: "1", nanos: 500000000 }],
  ["lasts", "1.5s", { seconds: "1", nanos: 500000000 }],
  ["boxed_double", "2.5", { value: 2.5 }],
  ["boxed_long", "9007199254740993", { value: "9007199254740993" }],
  ["boxed_text", "", null],
  ["camel case", "true", true],
];

const { request, definition } = methodOf(await loadEverything(), "Get");

for (const [column, cell, expected] of WIRE) {
  Deno.test(`toMessage() fills ${column} so that it survives the wire`, () => {
    const mapper = mapperFor([column], {}, request);
    const octets = definition.requestSerialize(mapper.toMessage(record(2, cell)));
    const decoded = definition.requestDeserialize(octets) as Record<string, unknown>;
    const name = column === "camel case" ? "camelCase" : column.replace(/[.[].*$/, "");
    const value = decoded[name];
    assert.deepEqual(value instanceof Uint8Array ? Uint8Array.from(value) : value, expected);
  });
}
