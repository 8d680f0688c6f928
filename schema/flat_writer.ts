import { MAX_TEXT_OCTETS } from "./flat_reader.ts";

/** The most that a text takes, in octets, with its length. */
export const MAX_TEXT_VALUE_OCTETS = MAX_TEXT_OCTETS + 1;

const SCRATCH = new ArrayBuffer(8);
const WORDS = new Uint32Array(SCRATCH);
const FLOATS = new Float32Array(SCRATCH);
// Low word first, as on every machine that Deno runs on.
const DOUBLES = new Float64Array(SCRATCH);

/** What a writer returns for a value that protobufjs is to write. */
export const NOT_WRITTEN = 0;

/**
 * Writes the values of fields as protobufjs's `Writer` does. Each function takes where the value begins, and returns where
 * it ends; there is room for the longest.
 */
export const FLAT_WRITER = {
  /** An unsigned integer of up to 32 bits. */
  varint(bytes: Uint8Array, at: number, value: number): number {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      bytes[at++] = rest & 0x7f | 0x80;
      rest >>>= 7;
    }
    bytes[at++] = rest;
    return at;
  },

  /** A signed integer of 32 bits: ten octets for a negative one. */
  int32(bytes: Uint8Array, at: number, value: number): number {
    if (value >= 0) return FLAT_WRITER.varint(bytes, at, value);
    for (let shift = 0; shift < 28; shift += 7) bytes[at++] = value >>> shift & 0x7f | 0x80;
    bytes[at++] = value >>> 28 | 0xf0;
    for (let index = 0; index < 4; index++) bytes[at++] = 0xff;
    bytes[at++] = 1;
    return at;
  },

  fixed32(bytes: Uint8Array, at: number, value: number): number {
    bytes[at] = value;
    bytes[at + 1] = value >>> 8;
    bytes[at + 2] = value >>> 16;
    bytes[at + 3] = value >>> 24;
    return at + 4;
  },

  float(bytes: Uint8Array, at: number, value: number): number {
    FLOATS[0] = value;
    return FLAT_WRITER.fixed32(bytes, at, WORDS[0]);
  },

  double(bytes: Uint8Array, at: number, value: number): number {
    DOUBLES[0] = value;
    const high = WORDS[1];
    return FLAT_WRITER.fixed32(bytes, FLAT_WRITER.fixed32(bytes, at, WORDS[0]), high);
  },

  /** An integer from 0 to 2^53 - 1, as a number or in at most fifteen digits. */
  long(bytes: Uint8Array, at: number, value: unknown): number {
    let rest = toSafeInteger(value);
    if (rest < 0) return NOT_WRITTEN;
    while (rest > 0x7f) {
      const high = Math.floor(rest / 128);
      bytes[at++] = rest - high * 128 | 0x80;
      rest = high;
    }
    bytes[at++] = rest;
    return at;
  },

  /** An integer from 0 to 2^52 - 1, likewise, as a zigzag varint. */
  zigzagLong(bytes: Uint8Array, at: number, value: unknown): number {
    const integer = toSafeInteger(value);
    return integer < 2 ** 52 ? FLAT_WRITER.long(bytes, at, integer * 2) : NOT_WRITTEN;
  },

  /** As `long()`, in eight octets. */
  fixed64(bytes: Uint8Array, at: number, value: unknown): number {
    const integer = toSafeInteger(value);
    if (integer < 0) return NOT_WRITTEN;
    const high = Math.floor(integer / 2 ** 32);
    return FLAT_WRITER.fixed32(
      bytes,
      FLAT_WRITER.fixed32(bytes, at, integer - high * 2 ** 32),
      high,
    );
  },

  /** Text in ASCII of up to `MAX_TEXT_OCTETS`. */
  text(bytes: Uint8Array, at: number, value: unknown): number {
    if (typeof value !== "string" || value.length > MAX_TEXT_OCTETS) return NOT_WRITTEN;
    const { length } = value;
    bytes[at++] = length;
    let seen = 0;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      seen |= code;
      bytes[at++] = code;
    }
    return seen < 0x80 ? at : NOT_WRITTEN;
  },

  /** Octets with their length, for which there is room. */
  octets(bytes: Uint8Array, at: number, value: unknown): number {
    if (!(value instanceof Uint8Array)) return NOT_WRITTEN;
    const start = FLAT_WRITER.varint(bytes, at, value.length);
    bytes.set(value, start);
    return start + value.length;
  },
} as const;

/** An integer from 0 to 2^53 - 1 in one of its usual forms; else -1. */
function toSafeInteger(value: unknown): number {
  if (typeof value === "number") return Number.isSafeInteger(value) && value >= 0 ? value : -1;
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : -1;
}
