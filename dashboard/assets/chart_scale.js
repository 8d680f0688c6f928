/**
 * A range of values on round numbers.
 *
 * @typedef {{ low: number, high: number, step: number }} Scale
 */

/**
 * Finds round numbers around a range, with a step that gives two to five lines.
 *
 * @param {number} low
 * @param {number} high at least `low`
 * @returns {Scale}
 */
export function chooseScale(low, high) {
  // A level line lies in the middle of a range that fits its size; nothing but 0 has no size.
  const level = low === 0 ? 1 : Math.max(Math.abs(low) * 0.1, 1e-6);
  const span = high > low ? high - low : level;
  const middle = (low + high) / 2;
  const step = roundUp(span / 3);
  return {
    low: Math.floor((middle - span / 2) / step) * step,
    high: Math.ceil((middle + span / 2) / step) * step,
    step,
  };
}

/**
 * The next 1, 2 or 5 times a power of ten.
 *
 * @param {number} value above 0
 */
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  const digit = value / power;
  return (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10) * power;
}

/**
 * A value with as many digits as its scale needs.
 *
 * @param {number} value
 * @param {Scale} scale
 */
export function formatTick(value, { step }) {
  if (Math.abs(value) >= 1e6 || (step < 1e-4 && step > 0)) return value.toExponential(1);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return value.toFixed(Math.min(digits, 6));
}
