import type { FieldType, MessageShape, ScalarType } from "../schema/mod.ts";
import type { CellFormat } from "./cell_format.ts";
import { createBytesConverter, type ReadFile } from "./convert_bytes.ts";
import { convertDouble, convertFloat } from "./convert_decimal.ts";
import { createDurationConverter } from "./convert_duration.ts";
import { createEnumConverter } from "./convert_enum.ts";
import { createInteger32, createInteger64 } from "./convert_integer.ts";
import { createTimestampConverter } from "./convert_time.ts";
import { type DecimalMark, withDecimalComma } from "./decimal_comma.ts";
import { CellError, quote } from "./tabular_error.ts";
import { WRAPPER_TYPES } from "./wrapper_types.ts";

/**
 * Turns the text of a cell into what `@grpc/proto-loader` serializes.
 *
 * @throws {CellError} if the text is no such value
 */
export type CellConverter = (text: string) => unknown;

/** How cells are written. */
export interface CellOptions {
  /** What stands before the fraction of a number; default `.`. */
  readonly decimal?: DecimalMark | undefined;
  /** What the text alone does not tell; default none. */
  readonly format?: CellFormat | undefined;
  /** Reads what a cell `@name` of bytes names; default: no cell may name a file. */
  readonly readFile?: ReadFile | undefined;
}

const TRUE_SPELLINGS: ReadonlySet<string> = new Set(["true", "t", "yes", "y", "on", "1"]);
const FALSE_SPELLINGS: ReadonlySet<string> = new Set(["false", "f", "no", "n", "off", "0"]);

/** A converter per scalar type that is a number. */
const NUMBER_CONVERTERS = {
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
} as const satisfies Record<Exclude<ScalarType, "bool" | "string" | "bytes">, CellConverter>;

/**
 * Creates the converter for a field type: every scalar and enum, Timestamp, Duration and the wrappers.
 * Undefined for other messages, which a cell can hold as JSON only: see `createValueConverter()`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const convert = createCellConverter({ kind: "scalar", scalar: "int64" });
 * assert.equal(convert?.("9007199254740993"), "9007199254740993");
 * ```
 */
export function createCellConverter(
  type: FieldType,
  options: CellOptions = {},
): CellConverter | undefined {
  switch (type.kind) {
    case "scalar":
      return createScalarConverter(type.scalar, options);
    case "enum":
      return createEnumConverter(type.enum);
    case "message":
      return createMessageConverter(type.message, options);
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

/** Whether values of this type can hold a decimal mark, so that a comma in a list is in doubt. */
export function isNumeric(type: FieldType): boolean {
  if (type.kind === "enum") return false;
  const scalar = type.kind === "scalar" ? type.scalar : WRAPPER_TYPES.get(type.message.fullName);
  if (scalar !== undefined) return scalar in NUMBER_CONVERTERS;
  return type.kind === "message" && createMessageConverter(type.message, {}) !== undefined;
}

function createScalarConverter(scalar: ScalarType, options: CellOptions): CellConverter {
  if (scalar === "string") return (text) => text;
  if (scalar === "bool") return convertBool;
  if (scalar === "bytes") return createBytesConverter(options);
  const convert = NUMBER_CONVERTERS[scalar];
  return options.decimal === "," ? withDecimalComma<unknown>(convert) : convert;
}

function createMessageConverter(
  message: MessageShape,
  options: CellOptions,
): CellConverter | undefined {
  if (message.fullName === "google.protobuf.Timestamp") return createTimestampConverter(options);
  if (message.fullName === "google.protobuf.Duration") return createDurationConverter(options);
  const wrapped = WRAPPER_TYPES.get(message.fullName);
  if (wrapped === undefined) return undefined;
  const convert = createScalarConverter(wrapped, options);
  return (text) => ({ value: convert(text) });
}

function convertBool(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (TRUE_SPELLINGS.has(word)) return true;
  if (FALSE_SPELLINGS.has(word)) return false;
  throw new CellError(`${quote(text)} is not a bool (true, false, yes, no, 1, 0)`);
}
