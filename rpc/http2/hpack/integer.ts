import type { ByteBuffer } from "../byte_buffer.ts";
import { HpackError } from "./error.ts";

/** A place in a header block; decoding moves `offset` past what it read. */
export interface BlockCursor {
  readonly bytes: Uint8Array;
  offset: number;
}

/**
 * Octets that one integer may take, the one with the prefix included: 28 bits and the prefix, more than
 * any index or length in a block that is accepted at all. Without a maximum, a peer could append zero
 * bits for ever (CVE-2023-33953).
 */
export const MAX_INTEGER_OCTETS = 5;

/**
 * Appends an integer of 0 to 2^28 with a prefix of 1 to 8 bits; `pattern` fills the bits before it.
 *
 * Source: RFC 7541 section 5.1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { ByteBuffer } from "../byte_buffer.ts";
 *
 * const out = new ByteBuffer();
 * encodeInteger(1337, { prefixBits: 5, pattern: 0 }, out);
 * assert.deepEqual([...out.view()], [31, 154, 10]);
 * ```
 */
export function encodeInteger(value: number, prefix: IntegerPrefix, out: ByteBuffer): void {
  const { prefixBits, pattern } = prefix;
  const full = (1 << prefixBits) - 1;
  if (value < full) {
    out.appendByte(pattern | value);
    return;
  }
  out.appendByte(pattern | full);
  let rest = value - full;
  for (; rest >= 0x80; rest >>>= 7) out.appendByte(rest & 0x7f | 0x80);
  out.appendByte(rest);
}

/** How an integer shares its first octet. */
export interface IntegerPrefix {
  /** Bits of the first octet that belong to the integer, 1 to 8. */
  readonly prefixBits: number;
  /** The other bits, in place. */
  readonly pattern: number;
}

/**
 * Reads an integer with a prefix of 1 to 8 bits, which starts at the cursor.
 *
 * @throws {HpackError} COMPRESSION_ERROR: the block ends inside the integer, or it takes more than
 * {@linkcode MAX_INTEGER_OCTETS}
 *
 * Source: RFC 7541 section 5.1.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const cursor = { bytes: Uint8Array.of(31, 154, 10), offset: 0 };
 * assert.equal(decodeInteger(cursor, 5), 1337);
 * assert.equal(cursor.offset, 3);
 * ```
 */
export function decodeInteger(cursor: BlockCursor, prefixBits: number): number {
  const { bytes, offset } = cursor;
  const full = (1 << prefixBits) - 1;
  const prefix = bytes[offset] & full;
  if (offset < bytes.length && prefix < full) {
    cursor.offset = offset + 1;
    return prefix;
  }
  return decodeLongInteger(cursor, full);
}

function decodeLongInteger(cursor: BlockCursor, full: number): number {
  const { bytes, offset } = cursor;
  let value = full;
  for (let octet = 1; octet < MAX_INTEGER_OCTETS; octet++) {
    if (offset + octet >= bytes.length) {
      throw new HpackError(
        "COMPRESSION_ERROR",
        `Cannot decode the integer at octet ${offset}: the header block ends inside it`,
      );
    }
    const next = bytes[offset + octet];
    value += (next & 0x7f) << 7 * (octet - 1);
    if (next < 0x80) {
      cursor.offset = offset + octet + 1;
      return value;
    }
  }
  throw new HpackError(
    "COMPRESSION_ERROR",
    `Cannot decode the integer at octet ${offset}: it takes more than ${MAX_INTEGER_OCTETS} octets`,
  );
}
