import { parsePlainDecimal } from "./convert_decimal.ts";
import { explainNoNumber } from "./explain_no_number.ts";
import { CellError, quote } from "./tabular_error.ts";

/** The range of each integer type (protobuf language guide, "Scalar value types"). */
export const INTEGER_RANGES = {
  int32: { min: -(2n ** 31n), max: 2n ** 31n - 1n },
  sint32: { min: -(2n ** 31n), max: 2n ** 31n - 1n },
  sfixed32: { min: -(2n ** 31n), max: 2n ** 31n - 1n },
  uint32: { min: 0n, max: 2n ** 32n - 1n },
  fixed32: { min: 0n, max: 2n ** 32n - 1n },
  int64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  sint64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  sfixed64: { min: -(2n ** 63n), max: 2n ** 63n - 1n },
  uint64: { min: 0n, max: 2n ** 64n - 1n },
  fixed64: { min: 0n, max: 2n ** 64n - 1n },
} as const satisfies Record<string, { readonly min: bigint; readonly max: bigint }>;

/** The integer types of protobuf. */
export type IntegerType = keyof typeof INTEGER_RANGES;

/** An integer, also as `3.0`, `3.` or `.0`: pandas writes integers so beside missing values. */
const INTEGER = /^([+-]?)(?:(\d+)(?:\.0*)?|\.0+)$/;
/** `1.23457E+11`: a spreadsheet has dropped digits there, and nobody knows which. */
const SCIENTIFIC = /^[+-]?\d+(?:[.,]\d*)?[eE][+-]?\d{1,4}$/;
/** No 64-bit integer has more digits; longer cells are not even worth converting. */
const MAX_DIGITS = 20;

/** The exact value of a cell. @throws {CellError} if it is not an integer of the type */
function parseInteger(text: string, type: IntegerType): bigint {
  const match = INTEGER.exec(text.trim());
  if (match === null) {
    const hint = SCIENTIFIC.test(text.trim())
      ? "; write all of its digits, in place of an exponent"
      : explainNoNumber(text);
    throw new CellError(`${quote(text)} is not ${article(type)} ${type}${hint}`);
  }
  const digits = (match[2] ?? "0").replace(/^0+(?=\d)/, "");
  const { min, max } = INTEGER_RANGES[type];
  if (digits.length <= MAX_DIGITS) {
    const value = match[1] === "-" ? -BigInt(digits) : BigInt(digits);
    if (value >= min && value <= max) return value;
  }
  throw new CellError(
    `${quote(text)} is out of the range of ${article(type)} ${type}, ${min} to ${max}`,
  );
}

function article(type: string): string {
  return type.startsWith("int") ? "an" : "a";
}

/** Creates a converter from a cell to a 32-bit integer type, as a number. */
export function createInteger32(type: IntegerType): (text: string) => number {
  const min = Number(INTEGER_RANGES[type].min);
  const max = Number(INTEGER_RANGES[type].max);
  return (text) => {
    const value = parsePlainDecimal(text);
    // NaN fails the comparison; a fraction fails the round trip.
    // Adding 0 turns -0 into 0.
    if (value >= min && value <= max && Math.trunc(value) === value) return value + 0;
    return Number(parseInteger(text, type));
  };
}

/** A decimal string that is in the range of every 64-bit type and needs no rewriting. */
const SHORT_CANONICAL = /^(?:0|[1-9]\d{0,17})$/;

/**
 * Creates a converter from a cell to a 64-bit integer type, as a decimal string: a number would be rounded
 * beyond 2^53.
 */
export function createInteger64(type: IntegerType): (text: string) => string {
  return (text) => SHORT_CANONICAL.test(text) ? text : parseInteger(text, type).toString();
}
