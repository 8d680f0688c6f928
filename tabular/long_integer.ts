const TWO_TO_32 = 2 ** 32;
/** Digits of the lower of the two parts, and what it is below. */
const LOW_DIGITS = 9;
const BILLION = 1e9;
/** Below this, the upper part leaves room for any lower one within 63 bits. */
const MAX_UPPER = Math.floor(2 ** 63 / BILLION) - 1;

const MINUS_CODE = 0x2d;
const ZERO_CODE = 0x30;

/** 64 bits in two words. */
export interface Words {
  readonly low: number;
  readonly high: number;
}

/**
 * Reads an integer of some 10 to 19 digits from octets of ASCII, such as a time in nanoseconds, which a double would
 * round; a negative one as two's complement. Undefined for all else, and within a billion of the ends of 63 bits.
 */
export function readLongInteger(
  octets: Uint8Array,
  start: number,
  end: number,
): (Words & { readonly isNegative: boolean }) | undefined {
  const isNegative = octets[start] === MINUS_CODE;
  const first = isNegative ? start + 1 : start;
  if (end - first <= LOW_DIGITS || end - first > 19) return undefined;
  const upper = readDigits(octets, first, end - LOW_DIGITS);
  const lower = readDigits(octets, end - LOW_DIGITS, end);
  // Neither holds for NaN.
  if (!(upper <= MAX_UPPER) || !(lower >= 0)) return undefined;
  // upper · 10^9 + lower, with the products of both halves of `upper` below 2^53.
  const small = (upper % 0x1_0000) * BILLION + lower;
  const large = Math.floor(upper / 0x1_0000) * BILLION;
  const lowSum = (large % 0x1_0000) * 0x1_0000 + small % TWO_TO_32;
  const low = lowSum >>> 0;
  const high = Math.floor(large / 0x1_0000) + Math.floor(small / TWO_TO_32) +
    Math.floor(lowSum / TWO_TO_32);
  if (!isNegative) return { low, high, isNegative };
  return { low: -low >>> 0, high: (low === 0 ? -high : ~high) >>> 0, isNegative };
}

/** NaN for anything but digits. */
function readDigits(octets: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let position = start; position < end; position++) {
    const digit = octets[position] - ZERO_CODE;
    if (!(digit >= 0 && digit <= 9)) return NaN;
    value = value * 10 + digit;
  }
  return value;
}
