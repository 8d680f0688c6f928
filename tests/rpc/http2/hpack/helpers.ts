import { ByteBuffer } from "../../../../rpc/http2/byte_buffer.ts";
import type { HeaderField } from "../../../../rpc/http2/header_field.ts";
import { encodeInteger } from "../../../../rpc/http2/hpack/integer.ts";
import {
  type HpackDecoder,
  type HpackEncoder,
  HpackError,
} from "../../../../rpc/http2/hpack/mod.ts";

/** Octets from hex digits; blanks are for the reader. */
export function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    hex.replaceAll(/\s/g, "").match(/../g) ?? [],
    (octet) => parseInt(octet, 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** Fields from lines such as `:status: 200`. */
export function fieldsOf(...lines: string[]): HeaderField[] {
  return lines.map((line) => {
    const colon = line.indexOf(":", 1);
    return { name: line.slice(0, colon), value: line.slice(colon + 1).trimStart() };
  });
}

export function encodeBlock(encoder: HpackEncoder, fields: readonly HeaderField[]): Uint8Array {
  const out = new ByteBuffer();
  encoder.encode(fields, out);
  return out.view();
}

/** What a peer would say to get the field with an index. */
export function indexedField(index: number): Uint8Array {
  const out = new ByteBuffer();
  encodeInteger(index, { prefixBits: 7, pattern: 0x80 }, out);
  return out.view();
}

/** The dynamic table, newest first, as a peer can see it: by asking for one index after the other. */
export function tableOf(decoder: HpackDecoder): HeaderField[] {
  const entries: HeaderField[] = [];
  for (let index = 62;; index++) {
    try {
      entries.push(...decoder.decode(indexedField(index)).fields);
    } catch (error) {
      if (error instanceof HpackError) return entries;
      throw error;
    }
  }
}

/** Checks for an {@linkcode HpackError}; use with `assert.throws`. */
export function hpackError(code: HpackError["code"], message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof HpackError && error.code === code && message.test(error.message);
}

/** Pseudo-random integers from 0 up to a bound, the same for the same seed (mulberry32). */
export function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, state | 1);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, mixed | 61);
    return ((mixed ^ mixed >>> 14) >>> 0) % bound;
  };
}
