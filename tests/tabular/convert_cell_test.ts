import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { FieldType, ScalarType } from "../../schema/mod.ts";
import { CellError, createCellConverter } from "../../tabular/mod.ts";
import { DURATION, message, seededRandom, TIMESTAMP, typeOf, wrapperOf } from "./support.ts";

const COLOR: FieldType = {
  kind: "enum",
  enum: {
    fullName: "test.Color",
    values: [
      { name: "RED", number: 0 },
      { name: "CRIMSON", number: 0 },
      { name: "GREEN", number: 5 },
      { name: "Blue", number: -1 },
    ],
  },
};

function typeFor(name: string): FieldType {
  if (name === "Color") return COLOR;
  if (name === "Timestamp") return typeOf(TIMESTAMP);
  if (name === "Duration") return typeOf(DURATION);
  const scalar = name.replace(/Value$/, "").toLowerCase() as ScalarType;
  return name.endsWith("Value") ? typeOf(wrapperOf(name, scalar)) : { kind: "scalar", scalar };
}

function convert(name: string, text: string): unknown {
  return createCellConverter(typeFor(name))?.(text);
}

const GOOD: readonly (readonly [type: string, cell: string, value: unknown])[] = [
  ["float", "12.5", 12.5],
  ["float", "-0.25", -0.25],
  ["float", "+7", 7],
  ["float", " 1.5 ", 1.5],
  ["float", ".5", 0.5],
  ["float", "5.", 5],
  ["float", "1e-3", 0.001],
  ["float", "1.25E+2", 125],
  ["float", "3.4028234663852886e38", 3.4028234663852886e38],
  ["float", "1e-60", 1e-60],
  ["float", "nan", NaN],
  ["float", "NaN", NaN],
  ["float", "-NaN", NaN],
  ["float", "inf", Infinity],
  ["float", "-inf", -Infinity],
  ["float", "+Infinity", Infinity],
  ["float", "-INFINITY", -Infinity],
  ["double", "0.1", 0.1],
  ["double", "123456789012345678", 123456789012345678],
  ["double", "9007199254740993.5", 9007199254740994],
  ["double", "1.7976931348623157e308", Number.MAX_VALUE],
  ["double", "-0", -0],
  ["double", "0.000000000000001", 1e-15],
  ["double", "Infinity", Infinity],
  ["int32", "2147483647", 2147483647],
  ["int32", "-2147483648", -2147483648],
  ["int32", "-0", 0],
  ["int32", "007", 7],
  ["int32", "3.0", 3],
  ["int32", " 5 ", 5],
  ["int32", "+5", 5],
  ["int32", "0000000000000000000005", 5],
  ["sint32", "-5", -5],
  ["sfixed32", "-5", -5],
  ["uint32", "4294967295", 4294967295],
  ["fixed32", "4294967295", 4294967295],
  ["int64", "9223372036854775807", "9223372036854775807"],
  ["int64", "-9223372036854775808", "-9223372036854775808"],
  ["int64", "9007199254740993", "9007199254740993"],
  ["int64", "+12", "12"],
  ["int64", "0012", "12"],
  ["int64", "-0", "0"],
  ["int64", "12.00", "12"],
  ["int64", ".0", "0"],
  ["int64", "-.0", "0"],
  ["int64", "9007199254740993.0", "9007199254740993"],
  ["sint64", "-1", "-1"],
  ["sfixed64", "-1", "-1"],
  ["uint64", "18446744073709551615", "18446744073709551615"],
  ["fixed64", "18446744073709551615", "18446744073709551615"],
  ["bool", "true", true],
  ["bool", "TRUE", true],
  ["bool", "t", true],
  ["bool", "Yes", true],
  ["bool", "1", true],
  ["bool", " true ", true],
  ["bool", "False", false],
  ["bool", "f", false],
  ["bool", "no", false],
  ["bool", "0", false],
  ["string", " as it is ", " as it is "],
  ["string", "12,5", "12,5"],
  ["bytes", "AQID", Buffer.from([1, 2, 3])],
  ["bytes", "AQI=", Buffer.from([1, 2])],
  ["bytes", "AQI", Buffer.from([1, 2])],
  ["bytes", "_-8", Buffer.from([255, 239])],
  ["bytes", "0x00ff", Buffer.from([0, 255])],
  ["bytes", "0x", Buffer.from([])],
  ["Color", "GREEN", "GREEN"],
  ["Color", "green", "GREEN"],
  ["Color", " Blue ", "Blue"],
  ["Color", "CRIMSON", "CRIMSON"],
  ["Color", "0", "RED"],
  ["Color", "5", "GREEN"],
  ["Color", "-1", "Blue"],
  ["Timestamp", "1970-01-01T00:00:00Z", { seconds: "0", nanos: 0 }],
  ["Timestamp", "2024-02-29T12:30:15.123456789Z", { seconds: "1709209815", nanos: 123456789 }],
  ["Timestamp", "2024-02-29T14:30:15+02:00", { seconds: "1709209815", nanos: 0 }],
  ["Timestamp", "2024-02-29 12:30:15", { seconds: "1709209815", nanos: 0 }],
  ["Timestamp", "2024-02-29", { seconds: "1709164800", nanos: 0 }],
  ["Timestamp", "1969-12-31T23:59:59.5Z", { seconds: "-1", nanos: 500000000 }],
  ["Timestamp", "0001-01-01T00:00:00Z", { seconds: "-62135596800", nanos: 0 }],
  ["Timestamp", "9999-12-31T23:59:59.999999999Z", { seconds: "253402300799", nanos: 999999999 }],
  ["Timestamp", "1709209815", { seconds: "1709209815", nanos: 0 }],
  ["Timestamp", "1709209815.25", { seconds: "1709209815", nanos: 250000000 }],
  ["Timestamp", "1709209815123", { seconds: "1709209815", nanos: 123000000 }],
  ["Timestamp", "1709209815123456", { seconds: "1709209815", nanos: 123456000 }],
  ["Timestamp", "1709209815123456789", { seconds: "1709209815", nanos: 123456789 }],
  ["Timestamp", "-1000000001.5", { seconds: "-1000000002", nanos: 500000000 }],
  ["Timestamp", "100000000", { seconds: "100000000", nanos: 0 }],
  ["Duration", "1.5s", { seconds: "1", nanos: 500000000 }],
  ["Duration", "-1.5s", { seconds: "-1", nanos: -500000000 }],
  ["Duration", "2", { seconds: "2", nanos: 0 }],
  ["Duration", "250ms", { seconds: "0", nanos: 250000000 }],
  ["Duration", "1.5m", { seconds: "90", nanos: 0 }],
  ["Duration", "7ns", { seconds: "0", nanos: 7 }],
  ["Duration", "1h30m1.5s", { seconds: "5401", nanos: 500000000 }],
  ["Duration", "PT1.5S", { seconds: "1", nanos: 500000000 }],
  ["Duration", "-P1DT2H3M", { seconds: "-93780", nanos: 0 }],
  ["Duration", "P2W", { seconds: "1209600", nanos: 0 }],
  ["Duration", "01:00:00.25", { seconds: "3600", nanos: 250000000 }],
  ["Duration", "2 days 00:00:01", { seconds: "172801", nanos: 0 }],
  ["bytes", "hex:00FF", Buffer.from([0, 255])],
  ["bytes", "base64:0xff", Buffer.from([211, 23, 223])],
  ["bytes", "0xzz", Buffer.from([211, 28, 243])],
  ["Color", "5.0", "GREEN"],
  ["DoubleValue", "2.5", { value: 2.5 }],
  ["Int64Value", "9007199254740993", { value: "9007199254740993" }],
  ["BoolValue", "yes", { value: true }],
  ["StringValue", "x", { value: "x" }],
];

for (const [type, cell, value] of GOOD) {
  Deno.test(`createCellConverter() reads the ${type} "${cell}"`, () => {
    assert.deepEqual(convert(type, cell), value);
  });
}

const BAD: readonly (readonly [type: string, cell: string, message: string])[] = [
  ["float", "12,5", '"12,5" is not a float; if that is a decimal comma, say --decimal ,'],
  [
    "float",
    "1,234",
    '"1,234" is not a float; write it without thousands separators, or say --decimal , if that is a decimal comma',
  ],
  ["double", "1,234.5", '"1,234.5" is not a double; write it without thousands separators'],
  ["int32", "1,234,567", '"1,234,567" is not an int32; write it without thousands separators'],
  ["float", "abc", '"abc" is not a float'],
  ["float", "1.2.3", '"1.2.3" is not a float'],
  ["float", "0x10", '"0x10" is not a float'],
  ["float", "1_000", '"1_000" is not a float; write it without thousands separators'],
  ["float", "-", '"-" is not a float; if that means missing, say --null -'],
  ["int32", "N/A", '"N/A" is not an int32; if that means missing, say --null N/A'],
  ["float", ".", '"." is not a float'],
  ["float", "constructor", '"constructor" is not a float'],
  ["float", "3.5e38", '"3.5e38" is out of the range of a float'],
  ["float", "-1e39", '"-1e39" is out of the range of a float'],
  ["double", "1e309", '"1e309" is out of the range of a double'],
  ["double", "1,5", '"1,5" is not a double; if that is a decimal comma, say --decimal ,'],
  [
    "int32",
    "2147483648",
    '"2147483648" is out of the range of an int32, -2147483648 to 2147483647',
  ],
  ["int32", "1.5", '"1.5" is not an int32'],
  ["int32", "1e3", '"1e3" is not an int32; write all of its digits, in place of an exponent'],
  ["int32", "NaN", '"NaN" is not an int32'],
  ["int32", "3.00000000000000000001", '"3.00000000000000000001" is not an int32'],
  ["uint32", "-1", '"-1" is out of the range of a uint32, 0 to 4294967295'],
  [
    "int64",
    "9223372036854775808",
    '"9223372036854775808" is out of the range of an int64, -9223372036854775808 to 9223372036854775807',
  ],
  ["uint64", "-1", '"-1" is out of the range of a uint64, 0 to 18446744073709551615'],
  [
    "uint64",
    "18446744073709551616",
    '"18446744073709551616" is out of the range of a uint64, 0 to 18446744073709551615',
  ],
  ["int64", "12x", '"12x" is not an int64; write the number without "x"'],
  [
    "int64",
    "1.23457E+11",
    '"1.23457E+11" is not an int64; write all of its digits, in place of an exponent',
  ],
  ["float", "45 %", '"45 %" is not a float; write the number without "%"'],
  ["double", "$1.5", '"$1.5" is not a double; write the number without "$"'],
  ["double", "~1,5 °C", '"~1,5 °C" is not a double; write the number without "~" and "°C"'],
  ["double", "x1.5.", '"x1.5." is not a double'],
  ["double", "1 234.5", '"1 234.5" is not a double; write it without thousands separators'],
  [
    "double",
    "1\u202f234,5",
    '"1\u202f234,5" is not a double; write it without thousands separators',
  ],
  ["int32", "1'234", `"1'234" is not an int32; write it without thousands separators`],
  ["double", "\u221220.5", '"\u221220.5" is not a double; write its minus sign as "-"'],
  ["double", "(20.5)", '"(20.5)" is not a double; if that is a negative number, write it with "-"'],
  [
    "double",
    "#DIV/0!",
    `"#DIV/0!" is not a double; if that means missing, say --null '#DIV/0!'`,
  ],
  ["bool", "2", '"2" is not a bool (true, false, yes, no, 1, 0)'],
  ["bool", "maybe", '"maybe" is not a bool (true, false, yes, no, 1, 0)'],
  ["bytes", "@file", '"@file" names a file, and cells may do so only with --files'],
  ["bytes", "0xabcde", '"0xabcde" is not bytes (base64, or hex after 0x)'],
  ["bytes", "hex:abc", '"hex:abc" is not bytes (base64, or hex after 0x)'],
  [
    "Timestamp",
    "12.5",
    '"12.5" is near 1970 in any unit; name the unit with --map column=field:s (or ms, us, ns), or write a date',
  ],
  ["Duration", "1m1m", '"1m1m" is not a Duration (for example 1.5s or 250ms)'],
  ["Duration", "P1M", '"P1M" is not a Duration (for example 1.5s or 250ms)'],
  ["Duration", "PT", '"PT" is not a Duration (for example 1.5s or 250ms)'],
  ["Duration", "1:75:00", '"1:75:00" is not a Duration (for example 1.5s or 250ms)'],
  ["bytes", "0xabc", '"0xabc" is not bytes (base64, or hex after 0x)'],
  ["bytes", "A", '"A" is not bytes (base64, or hex after 0x)'],
  [
    "Color",
    "PURPLE",
    '"PURPLE" is not a value of Color (RED = 0, CRIMSON = 0, GREEN = 5, Blue = -1)',
  ],
  ["Color", "7", '"7" is not a value of Color (RED = 0, CRIMSON = 0, GREEN = 5, Blue = -1)'],
  [
    "Timestamp",
    "yesterday",
    '"yesterday" is not a Timestamp (RFC 3339 like 2024-12-31T14:30:00Z, or an epoch number)',
  ],
  [
    "Timestamp",
    "2023-02-29",
    '"2023-02-29" is not a Timestamp (RFC 3339 like 2024-12-31T14:30:00Z, or an epoch number)',
  ],
  [
    "Timestamp",
    "2024-01-01T25:00:00Z",
    '"2024-01-01T25:00:00Z" is not a Timestamp (RFC 3339 like 2024-12-31T14:30:00Z, or an epoch number)',
  ],
  [
    "Timestamp",
    "0000-12-31T00:00:00Z",
    '"0000-12-31T00:00:00Z" is out of the range of a Timestamp, the years 1 to 9999',
  ],
  ["Duration", "fast", '"fast" is not a Duration (for example 1.5s or 250ms)'],
  ["Duration", "s", '"s" is not a Duration (for example 1.5s or 250ms)'],
  ["Duration", "1.5ns", '"1.5ns" is finer than a nanosecond'],
  ["Duration", "400000000000", '"400000000000" is out of the range of a Duration, 10,000 years'],
  ["Int32Value", "x", '"x" is not an int32'],
];

for (const [type, cell, expected] of BAD) {
  Deno.test(`createCellConverter() rejects the ${type} "${cell}"`, () => {
    assert.throws(() => convert(type, cell), { name: "CellError", message: expected });
  });
}

Deno.test("createCellConverter() shortens a long bad cell and keeps it on one line", () => {
  assert.throws(
    () => convert("float", `a\n${"x".repeat(1000)}`),
    (error) =>
      error instanceof CellError && error.message.length < 100 && !error.message.includes("\n"),
  );
});

Deno.test("createCellConverter() has no converter for other messages", () => {
  assert.equal(createCellConverter(typeOf(message("test.Other"))), undefined);
});

Deno.test("createCellConverter() reads random decimals as Number() does", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  for (let round = 0; round < 20_000; round++) {
    const digits = 1 + Math.floor(random() * 18);
    let text = random() < 0.5 ? "-" : "";
    for (let place = 0; place < digits; place++) text += Math.floor(random() * 10);
    const point = text.length - Math.floor(random() * digits);
    text = `${text.slice(0, point)}.${text.slice(point)}`;
    assert.equal(convert("double", text), Number(text), `seed ${seed}: ${text}`);
  }
});

Deno.test("createCellConverter() reads random dates as Date does, of every year from 1 to 9999", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const first = Date.parse("0001-01-01T00:00:00Z");
  const last = Date.parse("9999-12-31T23:59:59Z");
  for (let round = 0; round < 20_000; round++) {
    const seconds = Math.floor((first + random() * (last - first)) / 1000);
    const text = new Date(seconds * 1000).toISOString();
    const found = convert("Timestamp", text);
    assert.deepEqual(found, { seconds: `${seconds}`, nanos: 0 }, `seed ${seed}: ${text}`);
  }
  for (let year = 1; year < 10_000; year++) {
    const text = `${String(year).padStart(4, "0")}-02-29`;
    const exists = new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);
    const read = () => convert("Timestamp", text);
    if (exists) assert.doesNotThrow(read, text);
    else assert.throws(read, CellError, text);
  }
});

Deno.test("createCellConverter() reads random epoch numbers exactly, in every unit", () => {
  const seed = Date.now() % 1_000_000;
  const random = seededRandom(seed);
  const units = [["s", 9], ["ms", 6], ["us", 3], ["ns", 0]] as const;
  for (let round = 0; round < 5000; round++) {
    const nanos = BigInt(Math.floor(random() * 2e9)) * 10n ** 9n +
      BigInt(Math.floor(random() * 1e9));
    const [unit, places] = units[round % 4] ?? ["ns", 0];
    const digits = `${nanos}`.padStart(places + 1, "0");
    const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
    for (const sign of ["", "-"]) {
      const found = createCellConverter(typeFor("Timestamp"), { format: unit })?.(sign + text);
      const wanted = sign === "-" ? -nanos : nanos;
      const rest = ((wanted % 10n ** 9n) + 10n ** 9n) % 10n ** 9n;
      const seconds = (wanted - rest) / 10n ** 9n;
      assert.deepEqual(
        found,
        { seconds: `${seconds}`, nanos: Number(rest) },
        `seed ${seed}: ${sign}${text} ${unit}`,
      );
    }
  }
});

Deno.test("A cell of a million digits is refused in linear time", () => {
  // Quadratic matching took seconds for 40,000 digits, and could not be interrupted.
  const cell = `${"1".repeat(1_000_000)}x`;
  const startedMs = performance.now();
  for (const name of ["float", "double", "int32", "int64", "Timestamp", "Duration", "bool"]) {
    assert.throws(() => convert(name, cell), CellError);
  }
  assert.ok(performance.now() - startedMs < 2000);
});
