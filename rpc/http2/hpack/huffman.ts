import { HpackError } from "./error.ts";
import {
  EMITS,
  FAILED_STATE,
  LAST_PADDING_STATE,
  STATE_SHIFT,
  TRANSITIONS,
} from "./huffman_automaton.ts";
import { HUFFMAN_CODES, HUFFMAN_LENGTHS } from "./huffman_table.ts";

/**
 * The octets that {@linkcode encodeHuffman} needs for a string of one character per octet.
 *
 * Source: RFC 7541 section 5.2.
 */
export function measureHuffman(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += HUFFMAN_LENGTHS[text.charCodeAt(i)];
  return bits + 7 >>> 3;
}

/**
 * Writes a string of one character per octet at `offset`; the last octet is padded with ones.
 *
 * Source: RFC 7541 section 5.2.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const bytes = new Uint8Array(measureHuffman("302"));
 * encodeHuffman("302", bytes, 0);
 * assert.deepEqual([...bytes], [0x64, 0x02]);
 * ```
 */
export function encodeHuffman(text: string, target: Uint8Array, offset: number): void {
  let at = offset;
  let octet = 0; // Bits above the lowest 8 fall off when it is written.
  let freeBits = 8;
  for (let i = 0; i < text.length; i++) {
    const code = HUFFMAN_CODES[text.charCodeAt(i)];
    let bits = HUFFMAN_LENGTHS[text.charCodeAt(i)];
    for (; bits >= freeBits; freeBits = 8) {
      bits -= freeBits;
      target[at++] = octet | code >>> bits;
      octet = 0;
    }
    octet |= code << freeBits - bits;
    freeBits -= bits;
  }
  if (freeBits < 8) target[at] = octet | (1 << freeBits) - 1;
}

/** The most octets that `octets` of Huffman code can stand for: the shortest code has 5 bits. */
export function maxDecodedOctets(octets: number): number {
  return Math.floor(octets * 8 / 5);
}

/**
 * Decodes the Huffman code from `start` to `end` of `bytes` into `target`, which has room for
 * {@linkcode maxDecodedOctets} of them.
 *
 * @returns the number of octets decoded
 * @throws {HpackError} COMPRESSION_ERROR: the code contains EOS, or does not end with less than 8 bits
 * of ones as padding
 *
 * Source: RFC 7541 section 5.2.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * const target = new Uint8Array(maxDecodedOctets(2));
 * assert.equal(decodeHuffman(Uint8Array.of(0x64, 0x02), { start: 0, end: 2 }, target), 3);
 * assert.equal(String.fromCharCode(...target), "302");
 * ```
 */
export function decodeHuffman(
  bytes: Uint8Array,
  { start, end }: OctetRange,
  target: Uint8Array,
): number {
  let written = 0;
  let state = 0;
  for (let at = start; at < end; at++) {
    const octet = bytes[at];
    const high = TRANSITIONS[state << 4 | octet >>> 4];
    if ((high & EMITS) !== 0) target[written++] = high;
    const low = TRANSITIONS[high >>> STATE_SHIFT << 4 | octet & 0x0f];
    if ((low & EMITS) !== 0) target[written++] = low;
    state = low >>> STATE_SHIFT;
  }
  if (state > LAST_PADDING_STATE) {
    throw new HpackError(
      "COMPRESSION_ERROR",
      state === FAILED_STATE
        ? `Cannot decode the Huffman code at octet ${start}: it contains EOS`
        : `Cannot decode the Huffman code at octet ${start}: it does not end in up to 7 ones`,
    );
  }
  return written;
}

/** Octets of a buffer, `end` not included. */
export interface OctetRange {
  readonly start: number;
  readonly end: number;
}
