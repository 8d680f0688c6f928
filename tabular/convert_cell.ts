import { Buffer } from "node:buffer";
import type { EnumShape, FieldType, MessageShape, ScalarType } from "../schema/mod.ts";
import { convertDouble, convertFloat } from "./convert_decimal.ts";
import { createInteger32, createInteger64 } from "./convert_integer.ts";
import { convertDuration, convertTimestamp } from "./convert_time.ts";
import { CellError, quote } from "./tabular_error.ts";

/**
 * Turns the text of a cell into what `@grpc/proto-loader` serializes.
 *
 * @throws {CellError} if the text is no such value
 */
export type CellConverter = (text: string) => unknown;

const TRUE_SPELLINGS: ReadonlySet<string> = new Set(["true", "t", "yes", "y", "on", "1"]);
const FALSE_SPELLINGS: ReadonlySet<string> = new Set(["false", "f", "no", "n", "off", "0"]);

/** A converter per scalar type. */
const SCALAR_CONVERTERS = {
  double: convertDouble,
  float: convertFloat,
  int32: createInteger32("int32"),
  sint32: createInteger32("sint32"),
  sfixed32: createInteger32("sfixed32"),
  uint32: createInteger32("uint32"),
  fixed32: createInteger32("fixed32"),
  int64: createInteger64("int64"),
  sint64: createInteger64("sint64"),
  sfixed64: createInteger64("sfixed64"),
  uint64: createInteger64("uint64"),
  fixed64: createInteger64("fixed64"),
  bool: convertBool,
  string: (text: string) => text,
  bytes: convertBytes,
} as const satisfies Record<ScalarType, CellConverter>;

/** The wrappers of `google/protobuf/wrappers.proto` and what they wrap. */
export const WRAPPER_TYPES: ReadonlyMap<string, ScalarType> = new Map([
  ["google.protobuf.DoubleValue", "double"],
  ["google.protobuf.FloatValue", "float"],
  ["google.protobuf.Int64Value", "int64"],
  ["google.protobuf.UInt64Value", "uint64"],
  ["google.protobuf.Int32Value", "int32"],
  ["google.protobuf.UInt32Value", "uint32"],
  ["google.protobuf.BoolValue", "bool"],
  ["google.protobuf.StringValue", "string"],
  ["google.protobuf.BytesValue", "bytes"],
]);

/**
 * Creates the converter for a field type: every scalar and enum, Timestamp, Duration and the wrappers.
 * Undefined for other messages, which no single cell can hold.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const convert = createCellConverter({ kind: "scalar", scalar: "int64" });
 * assert.equal(convert?.("9007199254740993"), "9007199254740993");
 * ```
 */
export function createCellConverter(type: FieldType): CellConverter | undefined {
  switch (type.kind) {
    case "scalar":
      return SCALAR_CONVERTERS[type.scalar];
    case "enum":
      return createEnumConverter(type.enum);
    case "message":
      return createMessageConverter(type.message);
  }
}

/** What a field type is called in messages: `float`, `Color`, `Timestamp`. */
export function typeName(type: FieldType): string {
  if (type.kind === "scalar") return type.scalar;
  const { fullName } = type.kind === "enum" ? type.enum : type.message;
  return fullName.slice(fullName.lastIndexOf(".") + 1);
}

/** Whether blanks around a value of this type mean something. */
export function keepsBlanks(type: FieldType): boolean {
  if (type.kind === "enum") return false;
  const scalar = type.kind === "scalar" ? type.scalar : WRAPPER_TYPES.get(type.message.fullName);
  return scalar === "string";
}

function createMessageConverter(message: MessageShape): CellConverter | undefined {
  if (message.fullName === "google.protobuf.Timestamp") return convertTimestamp;
  if (message.fullName === "google.protobuf.Duration") return convertDuration;
  const wrapped = WRAPPER_TYPES.get(message.fullName);
  if (wrapped === undefined) return undefined;
  const convert = SCALAR_CONVERTERS[wrapped];
  return (text) => ({ value: convert(text) });
}

function convertBool(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (TRUE_SPELLINGS.has(word)) return true;
  if (FALSE_SPELLINGS.has(word)) return false;
  throw new CellError(`${quote(text)} is not a bool (true, false, yes, no, 1, 0)`);
}

/** A list longer than this in an error would hide what it says. */
const MAX_LISTED_VALUES = 10;

/** By name, in the case of the `.proto` or, where that is unambiguous, any other; or by number. */
function createEnumConverter(shape: EnumShape): CellConverter {
  const names = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const { name, number } of shape.values) {
    // Of aliases the first one stands for the number, as in `enums: String`.
    if (!names.has(`${number}`)) names.set(`${number}`, name);
    const lower = name.toLowerCase();
    if (names.has(lower)) ambiguous.add(lower);
    names.set(lower, name);
  }
  for (const lower of ambiguous) names.delete(lower);
  for (const { name } of shape.values) names.set(name, name);
  return (text) => {
    const found = names.get(text) ?? names.get(text.trim()) ?? names.get(text.trim().toLowerCase());
    if (found !== undefined) return found;
    const listed = shape.values.slice(0, MAX_LISTED_VALUES).map(({ name, number }) =>
      `${name} = ${number}`
    );
    if (shape.values.length > MAX_LISTED_VALUES) listed.push("…");
    const type = typeName({ kind: "enum", enum: shape });
    throw new CellError(`${quote(text)} is not a value of ${type} (${listed.join(", ")})`);
  };
}

const HEX = /^0[xX]((?:[0-9a-fA-F]{2})*)$/;
/** Base64 of RFC 4648, sections 4 and 5, with or without padding. */
const BASE64 = /^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/;

function convertBytes(text: string): Uint8Array {
  const trimmed = text.trim();
  const hex = HEX.exec(trimmed);
  if (hex !== null) return Buffer.from(hex[1] ?? "", "hex");
  if (BASE64.test(trimmed)) return Buffer.from(trimmed, "base64");
  throw new CellError(`${quote(text)} is not bytes (base64, or hex after 0x)`);
}
