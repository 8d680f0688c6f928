/** Powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);
/** Up to this many digits a double holds every integer. */
const MAX_EXACT_DIGITS = 15;

const MINUS_CODE = 0x2d;
const POINT_CODE = 0x2e;
const ZERO_CODE = 0x30;

/**
 * Reads `-12.345` from octets of ASCII, from `start` up to `end`: digits, at most one point, no exponent and no more
 * than 15 digits. NaN for all else. What `parsePlainDecimal()` does for text, and with the same result.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(readPlainDecimal(new TextEncoder().encode("7,-2.5"), 2, 6), -2.5);
 * ```
 */
export function readPlainDecimal(octets: Uint8Array, start: number, end: number): number {
  const negative = octets[start] === MINUS_CODE;
  let mantissa = 0;
  let digits = 0;
  let point = -1;
  for (let position = negative ? start + 1 : start; position < end; position++) {
    const digit = octets[position] - ZERO_CODE;
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit;
      digits++;
    } else if (digit === POINT_CODE - ZERO_CODE && point < 0) {
      point = position;
    } else {
      return NaN;
    }
  }
  if (digits === 0 || digits > MAX_EXACT_DIGITS) return NaN;
  const value = point < 0 ? mantissa : mantissa / POWERS_OF_TEN[end - 1 - point];
  return negative ? -value : value;
}
