import assert from "node:assert/strict";
import {
  decodeHuffman,
  encodeHuffman,
  maxDecodedOctets,
  measureHuffman,
} from "../../../../rpc/http2/hpack/huffman.ts";
import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from "../../../../rpc/http2/hpack/huffman_table.ts";
import { createRandom, fromHex, hpackError, toHex } from "./helpers.ts";

/** One row of each length in RFC 7541 appendix B, and the rows at both ends. */
const CODES = [
  { symbol: 0x00, code: 0x1ff8, bits: 13 },
  { symbol: 0x30, code: 0x0, bits: 5 },
  { symbol: 0x20, code: 0x14, bits: 6 },
  { symbol: 0x7a, code: 0x7b, bits: 7 },
  { symbol: 0x5a, code: 0xfd, bits: 8 },
  { symbol: 0x3f, code: 0x3fc, bits: 10 },
  { symbol: 0x7c, code: 0x7fc, bits: 11 },
  { symbol: 0x3e, code: 0xffb, bits: 12 },
  { symbol: 0x7d, code: 0x3ffd, bits: 14 },
  { symbol: 0x7b, code: 0x7ffe, bits: 15 },
  { symbol: 0xd0, code: 0x7fff2, bits: 19 },
  { symbol: 0xe2, code: 0xfffed, bits: 20 },
  { symbol: 0xb3, code: 0x1fffe2, bits: 21 },
  { symbol: 0xc6, code: 0x3fffe8, bits: 22 },
  { symbol: 0xc5, code: 0x7ffff2, bits: 23 },
  { symbol: 0xce, code: 0xfffff1, bits: 24 },
  { symbol: 0xcf, code: 0x1ffffed, bits: 25 },
  { symbol: 0xff, code: 0x3ffffee, bits: 26 },
  { symbol: 0xcb, code: 0x7ffffde, bits: 27 },
  { symbol: 0x7f, code: 0xffffffc, bits: 28 },
  { symbol: 0x16, code: 0x3ffffffe, bits: 30 },
  { symbol: EOS, code: 0x3fffffff, bits: 30 },
];

for (const { symbol, code, bits } of CODES) {
  Deno.test(`The Huffman code of ${symbol} is ${code.toString(16)} in ${bits} bits`, () => {
    assert.equal(HUFFMAN_CODES[symbol], code);
    assert.equal(HUFFMAN_LENGTHS[symbol], bits);
  });
}

Deno.test("The Huffman code is complete: every sequence of bits means something", () => {
  const share = HUFFMAN_LENGTHS.reduce((sum, bits) => sum + 2 ** -bits, 0);
  assert.equal(HUFFMAN_LENGTHS.length, 257);
  assert.equal(share, 1);
});

Deno.test("decodeHuffman() reads what encodeHuffman() wrote, for every octet and every pair", () => {
  for (let first = 0; first < 256; first++) {
    assertRoundTrip(String.fromCharCode(first));
    for (let second = 0; second < 256; second++) {
      assertRoundTrip(String.fromCharCode(first, second));
    }
  }
});

Deno.test("decodeHuffman() reads what encodeHuffman() wrote, for random strings", () => {
  const seed = Date.now() >>> 0;
  const random = createRandom(seed);
  for (let round = 0; round < 300; round++) {
    const octets = Array.from({ length: random(200) }, () => random(256));
    assertRoundTrip(String.fromCharCode(...octets), `seed ${seed}, round ${round}`);
  }
});

Deno.test("encodeHuffman() writes where it is told and nowhere else", () => {
  const target = new Uint8Array(6).fill(0xaa);
  encodeHuffman("302", target, 2);
  assert.equal(toHex(target), "aaaa6402aaaa");
});

const REFUSED = [
  { what: "8 bits of padding", hex: "1f ff", message: /does not end in up to 7 ones/ },
  { what: "padding only", hex: "ff", message: /does not end in up to 7 ones/ },
  { what: "zeros as padding", hex: "18", message: /does not end in up to 7 ones/ },
  { what: "padding that ends in a zero", hex: "1e", message: /does not end in up to 7 ones/ },
  { what: "a code cut short", hex: "ff fe", message: /does not end in up to 7 ones/ },
  { what: "EOS", hex: "ff ff ff ff", message: /contains EOS/ },
  { what: "EOS after a character", hex: "07 ff ff ff ff", message: /contains EOS/ },
  { what: "EOS before a character", hex: "ff ff ff fc 1f", message: /contains EOS/ },
];

for (const { what, hex, message } of REFUSED) {
  Deno.test(`decodeHuffman() refuses ${what}`, () => {
    assert.throws(() => decode(fromHex(hex)), hpackError("COMPRESSION_ERROR", message));
  });
}

Deno.test("decodeHuffman() takes no padding, and 7 bits of it", () => {
  assert.equal(decode(fromHex("")), "");
  assert.equal(decode(fromHex("f9")), "*");
  assert.equal(decode(fromHex("00 00 00 7f")), "00000");
});

function assertRoundTrip(text: string, message = `octets ${JSON.stringify(text)}`): void {
  const bytes = new Uint8Array(measureHuffman(text));
  encodeHuffman(text, bytes, 0);
  assert.equal(decode(bytes), text, message);
}

function decode(bytes: Uint8Array): string {
  const target = new Uint8Array(maxDecodedOctets(bytes.length));
  const octets = decodeHuffman(bytes, { start: 0, end: bytes.length }, target);
  return String.fromCharCode(...target.subarray(0, octets));
}
