import type { MessageShape } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";
import { parseDecimal } from "./convert_decimal.ts";
import { isDateTime } from "./convert_time.ts";
import type { DecimalMark } from "./decimal_comma.ts";
import { resolveFieldPath } from "./field_path.ts";

/** What a header could name. */
export interface HeaderHints {
  /** The request that rows become; default none. */
  readonly message?: MessageShape | undefined;
  /** The values of `--map`; default none. */
  readonly map?: readonly string[] | undefined;
  /** What stands before the fraction of a number; default `.`. */
  readonly decimal?: DecimalMark | undefined;
}

/**
 * Decides whether the first row is a header.
 *
 * It is one if a cell names a field of the message (as a header would, paths included) or a column of
 * `--map`. If none does, it is one unless a cell is a number (`NaN` and `inf` included), `true`, `false` or
 * a date, or all cells are empty. (`no`, `t` and `1` are bools too, but `no` and `t` are likely column
 * names.)
 */
export function isHeader(cells: readonly string[], hints: HeaderHints = {}): boolean {
  const { message, map = [], decimal } = hints;
  if (message !== undefined && cells.some((cell) => namesField(message, cell))) return true;
  const mapped = new Set(map.map((entry) => cleanName(entry.slice(0, entry.lastIndexOf("=")))));
  if (cells.some((cell) => !/^\d*$/.test(cell) && mapped.has(cleanName(cell)))) return true;
  return cells.some((cell) => cell.trim() !== "") && !cells.some((cell) => isData(cell, decimal));
}

function namesField(message: MessageShape, cell: string): boolean {
  return cell.trim() !== "" && resolveFieldPath(message, cell).kind === "found";
}

function isData(cell: string, decimal: DecimalMark | undefined): boolean {
  const text = decimal === "," ? cell.trim().replace(",", ".") : cell.trim();
  return text !== "" &&
    (parseDecimal(text) !== undefined || /^(?:true|false)$/i.test(text) || isDateTime(text));
}
