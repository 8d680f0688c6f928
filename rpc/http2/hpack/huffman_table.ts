/** Stands for the end of a string. It is never sent whole; its first bits pad the last octet. */
export const EOS = 256;

/**
 * The length in bits of the code for each octet, then of {@linkcode EOS}.
 *
 * Source: RFC 7541 appendix B, eight octets to a row.
 */
// deno-fmt-ignore
export const HUFFMAN_LENGTHS = Uint8Array.of(
  13, 23, 28, 28, 28, 28, 28, 28, // 0x00
  28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, // 0x10
  28, 28, 28, 28, 28, 28, 28, 28,
   6, 10, 10, 12, 13,  6,  8, 11, // 0x20, from space
  10, 10,  8, 11,  8,  6,  6,  6,
   5,  5,  5,  6,  6,  6,  6,  6, // 0x30, from 0
   6,  6,  7,  8, 15,  6, 12, 10,
  13,  6,  7,  7,  7,  7,  7,  7, // 0x40, from @
   7,  7,  7,  7,  7,  7,  7,  7,
   7,  7,  7,  7,  7,  7,  7,  7, // 0x50, from P
   8,  7,  8, 13, 19, 13, 14,  6,
  15,  5,  6,  5,  6,  5,  6,  6, // 0x60, from `
   6,  5,  7,  7,  6,  6,  6,  5,
   6,  7,  6,  5,  5,  6,  7,  7, // 0x70, from p
   7,  7,  7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, // 0x80
  22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, // 0x90
  23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, // 0xa0
  23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, // 0xb0
  20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, // 0xc0
  26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, // 0xd0
  21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, // 0xe0
  22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, // 0xf0
  27, 28, 27, 27, 27, 27, 27, 26,
  30, // EOS
);

/**
 * The code of each octet, then of {@linkcode EOS}, in the lowest bits.
 *
 * The code is canonical: in order of length, then of octet, each code is the one before plus one,
 * shifted left to its length. So the lengths say it all.
 */
export const HUFFMAN_CODES = assignCodes(HUFFMAN_LENGTHS);

function assignCodes(lengths: Uint8Array): Uint32Array {
  const symbols = Array.from(lengths.keys()).sort((a, b) => lengths[a] - lengths[b] || a - b);
  const codes = new Uint32Array(lengths.length);
  let code = 0;
  let length = lengths[symbols[0]];
  for (const symbol of symbols) {
    code <<= lengths[symbol] - length;
    length = lengths[symbol];
    codes[symbol] = code++;
  }
  return codes;
}
