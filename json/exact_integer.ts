/** Longer than any 64-bit integer with its zeros, and short enough to write out. */
const MAX_DIGITS = 40;

/**
 * The integer that a JSON number stands for, in digits alone: `1.5e3` is `1500`; undefined if it is no integer, or far
 * beyond 64 bits.
 */
export function exactInteger(text: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  if (fraction === "" && exponent === "0") return text;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return "0";
  const shift = Number(exponent) - fraction.length;
  if (digits.length + shift > MAX_DIGITS) return undefined;
  if (shift >= 0) return sign + digits + "0".repeat(shift);
  const kept = digits.slice(0, shift);
  return kept !== "" && /^0*$/.test(digits.slice(shift)) ? sign + kept : undefined;
}
