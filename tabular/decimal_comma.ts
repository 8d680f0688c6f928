import { CellError, quote } from "./tabular_error.ts";

/** What stands before the fraction of a number. */
export type DecimalMark = "." | ",";

/** `1,234` and `1,234,567.8`: commas between groups of three digits, or a decimal comma. */
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/;
const COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;

/**
 * Makes a converter read a decimal comma. A point in a number is refused then: it could only separate thousands, and
 * `1.234` must not become another number silently.
 */
export function withDecimalComma<Value>(
  convert: (text: string) => Value,
): (text: string) => Value {
  return (text) => {
    if (text.includes(".")) {
      throw new CellError(
        `${
          quote(text)
        } has a point where decimals have a comma; write it without thousands separators`,
      );
    }
    const comma = text.indexOf(",");
    if (comma < 0) return convert(text);
    const pointed = `${text.slice(0, comma)}.${text.slice(comma + 1)}`;
    try {
      if (!pointed.includes(",")) return convert(pointed);
    } catch (error) {
      if (!(error instanceof CellError)) throw error;
      throw new CellError(error.message.replace(quote(pointed), () => quote(text)));
    }
    throw new CellError(
      `${quote(text)} has two commas; write it without thousands separators`,
    );
  };
}

/** What other programs write where there is no value; NaN is a number. */
const MISSING = /^(?:na|n\/a|#n\/a|null|none|nil|-|--|\?|missing)$/i;

/**
 * Ends the sentence on a cell that is no number: that stands for none, or would be one but for its commas; empty for all
 * else.
 */
export function explainNoNumber(text: string): string {
  const trimmed = text.trim();
  if (MISSING.test(trimmed)) return `; if that means missing, say --null ${trimmed}`;
  // The patterns are linear, but a cell may be long.
  if (trimmed.length > 100) return "";
  const isGrouped = GROUPED.test(trimmed);
  const isDecimal = COMMA.test(trimmed);
  if (isGrouped && isDecimal) {
    return "; write it without thousands separators, or say --decimal , if that is a decimal comma";
  }
  if (isGrouped) return "; write it without thousands separators";
  return isDecimal ? "; if that is a decimal comma, say --decimal ," : "";
}
