import type { DecimalMark } from "./decimal_comma.ts";

/** The delimiters that are looked for, the most telling first. */
export const DELIMITERS = ["\t", ";", "|", ","] as const;

/** A comma between two digits may be a decimal comma. */
const DECIMAL_COMMA = /\d,\d/g;

/**
 * Chooses the delimiter of a file from its first line.
 *
 * The candidate that makes the most cells wins, quoted parts left aside; on a tie the earlier in
 * `DELIMITERS`. A line in which `;` occurs and every comma stands alone between two digits is taken for
 * numbers with a decimal comma. If `decimal` says that there are decimal commas, a comma separates cells only if nothing
 * else does. One column, and nothing to split at, gives `,`.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(detectDelimiter("id;sensor1;sensor2"), ";");
 * assert.equal(detectDelimiter("1;0,5;2,25"), ";");
 * ```
 */
export function detectDelimiter(firstLine: string, decimal: DecimalMark = "."): string {
  const unquoted = firstLine.replace(/"(?:[^"]|"")*(?:"|$)/g, '""');
  const commas = count(unquoted, ",");
  const decimalCommas = unquoted.match(DECIMAL_COMMA)?.length ?? 0;
  const numbers = unquoted.split(";");
  const isDecimal = numbers.length > 1 && commas === decimalCommas &&
    numbers.every((cell) => count(cell, ",") <= 1);
  let best = ",";
  let bestCount = 0;
  for (const delimiter of DELIMITERS) {
    const found = delimiter === "," && isDecimal ? 0 : count(unquoted, delimiter);
    if (delimiter === "," && decimal === "," && bestCount > 0) continue;
    if (found > bestCount) {
      best = delimiter;
      bestCount = found;
    }
  }
  return best;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
