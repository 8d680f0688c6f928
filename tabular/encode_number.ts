import { FLAT_WRITER } from "../schema/flat_writer.ts";
import type { ScalarType } from "../schema/mod.ts";

/** The scalar types that a number stands for on the wire. */
export type NumericType = Exclude<ScalarType, "string" | "bytes">;

/** Writes a value behind its tag, and returns where it ends; there is room for ten octets. */
export type NumberEncoder = (octets: Uint8Array, at: number, value: number) => number;

const TWO_TO_32 = 2 ** 32;

/**
 * How numbers are written (protobuf encoding, "Message Structure"), integers as far as a double holds them.
 *
 * The value has been checked: it is in the range of its type, and of an integer type an integer.
 */
export const NUMBER_ENCODERS = {
  double: FLAT_WRITER.double,
  float: FLAT_WRITER.float,
  int32: FLAT_WRITER.int32,
  uint32: FLAT_WRITER.varint,
  sint32: (octets, at, value) => FLAT_WRITER.varint(octets, at, (value << 1) ^ (value >> 31)),
  fixed32: FLAT_WRITER.fixed32,
  sfixed32: FLAT_WRITER.fixed32,
  int64: encodeInteger64,
  uint64: encodeInteger64,
  sint64: (octets, at, value) =>
    encodeInteger64(octets, at, value < 0 ? -2 * value - 1 : 2 * value),
  fixed64: encodeFixed64,
  sfixed64: encodeFixed64,
  bool: FLAT_WRITER.varint,
} as const satisfies Record<NumericType, NumberEncoder>;

/** Negative ones as the ten octets of 64 bits. */
function encodeInteger64(octets: Uint8Array, at: number, value: number): number {
  if (value >= 0 && value < TWO_TO_32) return FLAT_WRITER.varint(octets, at, value);
  const high = Math.floor(value / TWO_TO_32) >>> 0;
  return encodeVarint64(octets, at, { low: value >>> 0, high });
}

/** 64 bits in up to ten octets. */
export function encodeVarint64(
  octets: Uint8Array,
  at: number,
  { low, high }: { readonly low: number; readonly high: number },
): number {
  let rest = low;
  let above = high;
  let end = at;
  while (above > 0) {
    octets[end++] = (rest & 0x7f) | 0x80;
    rest = ((rest >>> 7) | (above << 25)) >>> 0;
    above >>>= 7;
  }
  return FLAT_WRITER.varint(octets, end, rest);
}

function encodeFixed64(octets: Uint8Array, at: number, value: number): number {
  const end = FLAT_WRITER.fixed32(octets, at, value >>> 0);
  return FLAT_WRITER.fixed32(octets, end, Math.floor(value / TWO_TO_32) >>> 0);
}
