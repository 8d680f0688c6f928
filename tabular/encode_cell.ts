import { FLAT_WRITER } from "../schema/flat_writer.ts";
import type { ScalarType } from "../schema/mod.ts";
import { INTEGER_RANGES } from "./convert_integer.ts";
import {
  encodeVarint64,
  NUMBER_ENCODERS,
  type NumberEncoder,
  type NumericType,
} from "./encode_number.ts";
import { readLongDecimal } from "./long_decimal.ts";
import { readLongInteger, type Words } from "./long_integer.ts";
import { readPlainDecimal } from "./plain_decimal.ts";

/**
 * Writes the value of a cell that stands in octets of ASCII from `start` up to `end`, and is not empty; returns where it
 * ends, or -1 for a spelling that it does not know. Five arguments: an object for each cell would cost more than the cell.
 */
export type CellEncoder = (
  octets: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
) => number;

/** A scalar type whose cells can be encoded in place. */
export type EncodedType = Exclude<ScalarType, "bytes">;

const TRUE = encodeAscii("true");
const FALSE = encodeAscii("false");

/** Creates the encoder of a type: `-12.5` for numbers, `true`, `false`, `1` and `0` for a bool, any text for a string. */
export function createCellEncoder(type: EncodedType): CellEncoder {
  if (type === "string") return encodeText;
  if (type === "bool") return encodeBool;
  const encode = NUMBER_ENCODERS[type];
  if (type === "float" || type === "double") return decimalEncoder(encode);
  const min = Number(INTEGER_RANGES[type].min);
  const max = Number(INTEGER_RANGES[type].max);
  const isLong = isInteger64(type);
  return (octets, start, end, out, at) => {
    const value = readPlainDecimal(octets, start, end);
    // NaN fails the comparison; a fraction fails the round trip. 0 is added to turn -0 into 0.
    if (value >= min && value <= max && Math.trunc(value) === value) {
      return encode(out, at, value + 0);
    }
    if (value === value || !isLong) return -1;
    const words = readLongInteger(octets, start, end);
    if (words === undefined || (words.isNegative && min === 0)) return -1;
    return encodeWords(type, words, out, at);
  };
}

function encodeWords(
  type: NumericType,
  { low, high }: Words,
  out: Uint8Array,
  at: number,
): number {
  if (type === "fixed64" || type === "sfixed64") {
    return FLAT_WRITER.fixed32(out, FLAT_WRITER.fixed32(out, at, low), high);
  }
  if (type !== "sint64") return encodeVarint64(out, at, { low, high });
  const sign = high >> 31;
  return encodeVarint64(out, at, {
    low: ((low << 1) ^ sign) >>> 0,
    high: (((high << 1) | (low >>> 31)) ^ sign) >>> 0,
  });
}

/** Writes what a `CellConverter` of the type returned, however the cell was spelt. */
export function encodeConverted(
  type: EncodedType,
  value: unknown,
  out: Uint8Array,
  at: number,
): number {
  if (typeof value === "number" && type !== "string") return NUMBER_ENCODERS[type](out, at, value);
  if (typeof value === "boolean") return NUMBER_ENCODERS.bool(out, at, value ? 1 : 0);
  if (typeof value !== "string" || !isInteger64(type)) return -1;
  const bits = BigInt.asUintN(64, BigInt(value));
  const words = { low: Number(bits & 0xffff_ffffn), high: Number(bits >> 32n) };
  return encodeWords(type, words, out, at);
}

function isInteger64(type: EncodedType): type is EncodedType & NumericType {
  return type.endsWith("64");
}

/** For a float, too, by way of the double that is nearest, as the mapper does. */
function decimalEncoder(encode: NumberEncoder): CellEncoder {
  return (octets, start, end, out, at) => {
    const value = readDecimal(octets, start, end);
    return value === value ? encode(out, at, value) : -1;
  };
}

/** At most 19 digits: no value is beyond the range of a float. */
function readDecimal(octets: Uint8Array, start: number, end: number): number {
  const value = readPlainDecimal(octets, start, end);
  return value === value ? value : readLongDecimal(octets, start, end);
}

function encodeBool(
  octets: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  const isTrue = holds(octets, start, end, TRUE);
  if (!isTrue && !holds(octets, start, end, FALSE)) {
    const value = end - start === 1 ? octets[start] - 0x30 : -1;
    if (value !== 0 && value !== 1) return -1;
    out[at] = value;
  } else {
    out[at] = isTrue ? 1 : 0;
  }
  return at + 1;
}

function holds(octets: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  if (end - start !== word.length) return false;
  for (let index = 0; index < word.length; index++) {
    if (octets[start + index] !== word[index]) return false;
  }
  return true;
}

function encodeText(
  octets: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  at: number,
): number {
  let from = FLAT_WRITER.varint(out, at, end - start);
  for (let position = start; position < end; position++) out[from++] = octets[position];
  return from;
}

function encodeAscii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
