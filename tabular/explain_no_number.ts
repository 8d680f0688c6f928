import { quote } from "./tabular_error.ts";

/** What other programs write where there is no value, spreadsheets also for a formula that failed; NaN is a number. */
const MISSING =
  /^(?:na|n\/a|null|none|nil|-|--|\?|missing|#n\/a|#(?:div\/0|value|ref|num|null)!|#name\?)$/i;
/** `1,234` and `1,234,567.8`: commas between groups of three digits, or a decimal comma. */
const GROUPED = /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/;
const COMMA = /^[+-]?\d*,\d+(?:[eE][+-]?\d+)?$/;
/** The same with what separates thousands elsewhere: blanks of any width, apostrophes, underscores. */
const SPACED = /^[+-]?\d{1,3}(?:[\s'’_]\d{3})+(?:[.,]\d*)?$/;
/** A minus sign of typography: U+2212, or a dash. */
const OTHER_MINUS = /^[\u2212\u2012-\u2014]\s*[\d.,]/;
const IN_PARENTHESES = /^\(\s*[\d.,]+\s*\)$/;
/** One number, and what stands before and behind it: `$20.5`, `45 %`, `21C`. */
const DRESSED = /^([^\d.,+-]*)[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?([^\d.,+-]*)$/;
/** Cells are as long as somebody likes; a number with a hint is not. */
const MAX_CHARS = 60;

/**
 * Ends the sentence on a cell that is no number: that stands for none, or would be one but for what is around or within
 * it; empty for all else.
 */
export function explainNoNumber(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > MAX_CHARS) return "";
  if (MISSING.test(trimmed)) return `; if that means missing, say --null ${shellWord(trimmed)}`;
  const isGrouped = GROUPED.test(trimmed);
  const isDecimal = COMMA.test(trimmed);
  if (isGrouped && isDecimal) {
    return "; write it without thousands separators, or say --decimal , if that is a decimal comma";
  }
  if (isGrouped || SPACED.test(trimmed)) return "; write it without thousands separators";
  if (isDecimal) return "; if that is a decimal comma, say --decimal ,";
  if (OTHER_MINUS.test(trimmed)) return `; write its minus sign as "-"`;
  if (IN_PARENTHESES.test(trimmed)) return `; if that is a negative number, write it with "-"`;
  const around = (DRESSED.exec(trimmed)?.slice(1) ?? []).filter((part) => part !== "");
  if (around.length === 0) return "";
  return `; write the number without ${around.map((part) => quote(part.trim())).join(" and ")}`;
}

/** As a POSIX shell takes it: `#N/A` would be a comment, `?` a file. */
function shellWord(text: string): string {
  return /^[\w/-]+$/.test(text) ? text : `'${text}'`;
}
