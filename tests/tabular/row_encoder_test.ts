import assert from "node:assert/strict";
import type { ScalarType } from "../../schema/mod.ts";
import {
  createRowEncoder,
  createRowMapper,
  LINE_KINDS,
  LineScanner,
  planColumns,
  RowError,
  type RowMapperOptions,
} from "../../tabular/mod.ts";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { INTEGER_RANGES } from "../../tabular/convert_integer.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { loadMethod, utf8 } from "./support.ts";

const TYPES: readonly Exclude<ScalarType, "bytes">[] = [
  "double",
  "float",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
];

const PROTO = `syntax = "proto3";
package test;
message All {
${TYPES.map((type, index) => `  ${type} a_${type} = ${index + 1};`).join("\n")}
  optional int32 late = 2047;
  float far = 536870911;
  bytes octets = 20;
  repeated float samples = 21;
  repeated int32 counts = 24;
  repeated double weights = 25;
  repeated Item items = 26;
  oneof choice { int32 by_number = 22; string by_text = 23; }
}
message Item { int32 id = 1; }
service Service { rpc Echo(stream All) returns (stream All); }
`;

const METHOD = await loadMethod(PROTO);

interface Both {
  /** The octets of the fast path; undefined if it leaves the row to the other one. */
  readonly fast: Uint8Array | undefined;
  /** Those of the mapper and the loader's encoder; undefined for a bad row. */
  readonly general: Uint8Array | undefined;
}

function createBoth(
  header: readonly string[],
  options: RowMapperOptions & { readonly defaults?: readonly string[] } = {},
): (line: string) => Both {
  const { defaults = [], ...mapping } = options;
  const plan = planColumns({
    header,
    columnCount: header.length,
    message: METHOD.request,
    defaults,
  });
  const encoder = createRowEncoder(plan, mapping);
  assert.ok(encoder !== undefined);
  const mapper = createRowMapper(plan, mapping);
  const scanner = new LineScanner({
    delimiterCode: ",".charCodeAt(0),
    columnCount: header.length,
    maxOctets: 1000,
  });
  return (line) => {
    const octets = utf8(`${line}\n`);
    assert.equal(scanner.scan(octets, 0), LINE_KINDS.plain);
    const out = new ByteBuffer(0);
    out.append(utf8("before"));
    const isWhole = scanner.cellCount === header.length;
    const at = isWhole ? encoder.encode(octets, scanner.bounds, out) : -1;
    if (at < 0) assert.equal(new TextDecoder().decode(out.view()), "before");
    const fast = at < 0 ? undefined : out.view().slice(at);
    try {
      const message = mapper.toMessage({ cells: line.split(","), line: 1 });
      return { fast, general: new Uint8Array(METHOD.definition.requestSerialize(message)) };
    } catch (error) {
      assert.ok(error instanceof RowError);
      return { fast, general: undefined };
    }
  };
}

/** What both paths agree on is not bad; what the fast one takes, the other one makes the same of. */
function assertAgree({ fast, general }: Both, line: string): void {
  if (fast !== undefined) assert.deepEqual(fast, general, line);
}

interface Pair {
  readonly type: string;
  readonly cell: string;
  readonly isTaken: boolean;
}

const taken = (type: string, ...cells: string[]): Pair[] =>
  cells.map((cell) => ({ type, cell, isTaken: true }));
const left = (type: string, ...cells: string[]): Pair[] =>
  cells.map((cell) => ({ type, cell, isTaken: false }));

const PAIRS: readonly Pair[] = [
  ...taken("double", "0", "-0", "1.5", ".5", "5.", "-12.345", "123456789012345", "1e-5", "NaN"),
  ...taken("double", "-inf", "0.1234567890123456789", "1.7976931348623157e308", " 2"),
  ...left("double", "1e999", "x", "1\r2", "1.2.3", "-", ".", "--1"),
  ...taken("float", "0", "-0", "3.4028235e38", "16777217", "0.1", "-7", "1e-46", "nan"),
  ...left("float", "3.5e38", "abc"),
  ...taken("int32", "0", "-0", "7", "007", "+7", "-1", "2147483647", "-2147483648"),
  ...left("int32", "2147483648", "-2147483649", "1.5", "1e3"),
  ...taken("int64", "0", "-5", "4294967295", "4294967296", "-4294967296", "-4294967297"),
  ...taken("int64", "999999999999999", "-999999999999999", "9007199254740993", "+1"),
  ...taken("int64", "9223372036854775807", "-9223372036854775808", "1732198800000000001"),
  ...taken("int64", "4294967296000000000", "-4294967296000000000", "-1234567890123456789"),
  ...taken("int64", "9223372034999999999", "9223372035000000000", "0000000000000000000"),
  ...taken("int64", "-0000000000000000000", "0000000000000000000000000001"),
  ...left("int64", "9223372036854775808", "-9223372036854775809", "0.5"),
  ...taken("uint32", "0", "-0", "2147483648", "4294967295"),
  ...left("uint32", "-1", "4294967296"),
  ...taken("uint64", "0", "18446744073709551615", "4294967296", "123456789012345"),
  ...left("uint64", "-1", "18446744073709551616", "-1234567890123456789"),
  ...taken("sint32", "0", "-1", "1", "2147483647", "-2147483648"),
  ...taken("sint64", "0", "-1", "4294967296", "-4294967296", "-9223372036854775808"),
  ...taken("sint64", "9223372036854775807", "-999999999999999", "-1234567890123456789"),
  ...taken("sint64", "1234567890123456789", "-4611686018427387904", "4611686018427387904"),
  ...taken("fixed32", "0", "4294967295", "2147483648"),
  ...taken("fixed64", "0", "4294967296", "18446744073709551615", "1234567890123456789"),
  ...taken("sfixed32", "0", "-1", "-2147483648", "2147483647"),
  ...taken("sfixed64", "0", "-1", "-4294967297", "-9223372036854775808", "999999999999999"),
  ...taken("bool", "true", "false", "1", "0", "TRUE", "yes", "No", "t"),
  ...left("bool", "2", "truth", "-"),
  ...taken("string", "a", " a ", "x".repeat(127), "x".repeat(128), "\r", "'", "\t"),
];

/** One rule for all integer types. */
const INTEGER_PAIRS = Object.keys(INTEGER_RANGES).flatMap((type) => [
  ...taken(type, "3.0", "3.", ".0", "-.0", "+.0", "-0.0", "+3.0", "03.00", "3.0000000000000000000"),
  ...left(type, "3.5", ".5", ".", "-.", "3.0.0", "3e0", "3.00000000000000000001"),
  ...type.endsWith("64")
    ? taken(type, "9007199254740993.0", "9223372036854775807.000", "123456789012345.0")
    : left(type, "9007199254740993.0"),
]);

for (const { type, cell, isTaken } of [...PAIRS, ...INTEGER_PAIRS]) {
  const shown = cell.length > 30 ? `${cell.length} characters` : JSON.stringify(cell);
  const what = isTaken ? "encodes" : "leaves a row to the mapper whose";
  Deno.test(`RowEncoder ${what} ${shown} as ${type}`, () => {
    const both = createBoth([`a_${type}`, "late"])(`${cell},3`);
    assert.equal(both.fast !== undefined, isTaken);
    assert.equal(both.general !== undefined, isTaken);
    assertAgree(both, cell);
  });
}

Deno.test("RowEncoder writes fields in their order, and leaves out what is missing", () => {
  const both = createBoth(["far", "late", "a_string", "a_int32"]);
  for (const line of ["1.5,2,x,3", "1.5,,x,", ",,,", "1,0,,0"]) {
    const result = both(line);
    assert.ok(result.fast !== undefined);
    assertAgree(result, line);
  }
});

Deno.test("RowEncoder packs the elements of a list, and leaves a gap in one to the mapper", () => {
  const names = Array.from({ length: 40 }, (_, index) => `weights_${index}`);
  // The file need not have them in their order.
  const both = createBoth(["late", "samples[1]", "samples[0]", ...names]);
  const line = (cells: readonly string[]) =>
    `7,${cells[0]},${cells[1]},${names.map((_, index) => `${index}.5`).join(",")}`;
  const whole = line(["0.25", "1e-3"]);
  assert.ok(both(whole).fast !== undefined);
  assertAgree(both(whole), whole);
  for (const cells of [["1", ""], ["", "1"], ["", ""], ["x", "1"]]) {
    assert.equal(both(line(cells)).fast, undefined);
  }
});

Deno.test("RowEncoder leaves a row with too many cells or too few to the mapper", () => {
  const both = createBoth(["a_int32", "late"]);
  for (const line of ["1", "1,2,3", "1,2,", ","]) {
    assert.equal(both(line).fast === undefined, line !== ",", line);
  }
});

Deno.test("RowEncoder leaves a missing cell to the mapper that has a default or is to be rejected", () => {
  const withDefault = createBoth(["a_int32", "late"], { defaults: ["late=5"] });
  assert.equal(withDefault("1,").fast, undefined);
  assertAgree(withDefault("1,2"), "1,2");
  const rejecting = createBoth(["a_int32", "late"], { onMissing: "reject" });
  assert.deepEqual(rejecting("1,"), { fast: undefined, general: undefined });
});

Deno.test("RowEncoder leaves out cells that stand for a missing value", () => {
  const both = createBoth(["a_float", "late"], { nullTexts: ["NA", "n/a"] });
  for (const line of ["NA,1", "1.5,n/a", "NA,NA"]) {
    const result = both(line);
    assert.ok(result.fast !== undefined);
    assertAgree(result, line);
  }
});

interface Unfit {
  readonly name: string;
  readonly header: readonly string[];
  readonly options?: RowMapperOptions;
  readonly plan?: Partial<Parameters<typeof planColumns>[0]>;
}

const UNFIT: readonly Unfit[] = [
  { name: "bytes", header: ["octets"] },
  { name: "an element of a list of integers", header: ["counts[0]"] },
  { name: "a field of an element", header: ["items[0].id"] },
  { name: "a whole list", header: ["samples"] },
  { name: "two members of a oneof", header: ["by_number", "by_text"] },
  { name: "a constant", header: ["late"], plan: { defaults: ["a_int32=1"] } },
  { name: "decimal commas", header: ["a_float"], plan: { decimal: "," } },
  { name: "grouped rows", header: ["late", "samples"], plan: { groupBy: "late" } },
  {
    name: "a number for a missing value",
    header: ["a_float"],
    options: { nullTexts: ["NA", "-999"] },
  },
  {
    name: "a long integer for one",
    header: ["a_int64"],
    options: { nullTexts: ["-1000000000000000000"] },
  },
  {
    name: "a long decimal for one",
    header: ["a_double"],
    options: { nullTexts: ["NA", "-9999.000000000000"] },
  },
  { name: "a bool for one", header: ["a_bool"], options: { nullTexts: ["false"] } },
  { name: "a text for one in a string", header: ["a_string"], options: { nullTexts: ["NA"] } },
];

for (const { name, header, options = {}, plan = {} } of UNFIT) {
  Deno.test(`createRowEncoder() does not take ${name}`, () => {
    const columns = planColumns({
      header,
      columnCount: header.length,
      message: METHOD.request,
      ...plan,
    });
    assert.equal(createRowEncoder(columns, options), undefined);
  });
}

Deno.test("createRowEncoder() does not take a message of proto2, whose required fields are always written", async () => {
  const { request } = await loadMethod(
    `syntax = "proto2"; package old; message M { required int32 a = 1; optional int32 b = 2; }
     service S { rpc X(stream M) returns (stream M); }`,
  );
  const plan = planColumns({ header: ["b"], columnCount: 1, message: request });
  assert.equal(createRowEncoder(plan), undefined);
});

const ALPHABET = "0123456789.-+eE naifNATrueyso\r\t'x";

function randomCell(random: (below: number) => number): string {
  switch (random(6)) {
    case 0:
      return "";
    case 1:
      return `${random(2) === 0 ? "-" : ""}${random(100_000)}.${random(1000)}`;
    case 2:
      return String(random(2 ** 30) * (random(2) === 0 ? 1 : -1));
    case 3:
      return `${random(10 ** 9)}${random(10 ** 9)}${random(100)}`;
    case 4:
      return ["true", "0", "1", "-0", "NA", "1e300", "-1e-300", "00012", "4294967296"][random(9)];
    default:
      return Array.from({ length: random(22) }, () => ALPHABET[random(ALPHABET.length)]).join("");
  }
}

Deno.test("RowEncoder makes of random rows what the mapper and the loader make of them", () => {
  const random = createRandom(printSeed());
  const header = [...TYPES.map((type) => `a_${type}`), "late", "far"];
  const both = createBoth([...header, "by_number"]);
  let taken = 0;
  for (let round = 0; round < 20_000; round++) {
    const place = random(header.length);
    const cells = header.map((_, index) => index === place ? randomCell(random) : "");
    // At the end of a line, a carriage return would be one of the line.
    const line = `${cells.join(",")},1`;
    const result = both(line);
    assertAgree(result, JSON.stringify(line));
    if (result.fast !== undefined) taken++;
    if (round % 10 > 0) continue;
    const full = `${header.map(() => randomCell(random)).join(",")},1`;
    assertAgree(both(full), JSON.stringify(full));
  }
  assert.ok(taken > 5_000, `${taken} rows were taken`);
});
