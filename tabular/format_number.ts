/** The smallest normal float32; below it fewer than six digits may be enough. */
const MIN_NORMAL_FLOAT = 2 ** -126;
/** Every decimal of so many digits survives the way through a float32 (FLT_DIG). */
const SAFE_FLOAT_DIGITS = 6;
/** So many digits tell every float32 from its neighbours. */
const MAX_FLOAT_DIGITS = 9;
/** From each of these on, a number has one digit more before the point than from the one before. */
const DECADES = [1e-2, 1e-1, 1, 1e1, 1e2, 1e3, 1e4] as const;

/**
 * Writes a float32 (held in a double, as a decoder returns it) as the shortest decimal that reads back as
 * the same float32.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(formatFloat(Math.fround(0.1)), "0.1");
 * assert.equal(formatFloat(Math.fround(16777216)), "16777216");
 * ```
 */
export function formatFloat(value: number): string {
  const size = Math.abs(value);
  if (Math.trunc(value) === value && size < 2 ** 24) return formatDouble(value);
  if (size >= 1e-3 && size < 1e5) {
    // Rounding by arithmetic is several times as fast as by text. `scale` is exact, and so is the product
    // up to a rare last bit that the comparison catches; the division then gives the double nearest to the
    // decimal, which prints as that decimal.
    let scale = scaleForSixDigits(size);
    for (let digits = SAFE_FLOAT_DIGITS; digits <= MAX_FLOAT_DIGITS; digits++) {
      const rounded = Math.round(value * scale) / scale;
      if (Math.fround(rounded) === value) return `${rounded}`;
      scale *= 10;
    }
  }
  if (!Number.isFinite(value)) return `${value}`;
  // At most one decimal of six digits rounds to a normal float, so there is nothing shorter to find.
  const start = size < MIN_NORMAL_FLOAT ? 1 : SAFE_FLOAT_DIGITS;
  for (let digits = start; digits < MAX_FLOAT_DIGITS; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return `${rounded}`;
  }
  return `${Number(value.toPrecision(MAX_FLOAT_DIGITS))}`;
}

/** What a number from 0.001 to 100,000 is multiplied with to have six digits before the point. */
function scaleForSixDigits(size: number): number {
  let scale = 1e8;
  for (const limit of DECADES) {
    if (size < limit) break;
    scale /= 10;
  }
  return scale;
}

/** Writes a double as the shortest decimal that reads back the same, -0 included. */
export function formatDouble(value: number): string {
  return Object.is(value, -0) ? "-0" : `${value}`;
}
