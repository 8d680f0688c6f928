import { nearestName } from "../schema/mod.ts";
import { cleanName } from "./clean_name.ts";
import { listNames } from "./list_names.ts";
import { TabularError } from "./tabular_error.ts";

/** The columns of an input, as flags can name them. */
export interface ColumnNames {
  readonly header: readonly string[] | undefined;
  readonly columnCount: number;
  /** Whether the columns are the keys of lines, so that no line is their header; default false. */
  readonly areKeys?: boolean | undefined;
}

/** The number at the end of `v0`, `v_0`, `v[0]`. */
const NUMBER_AT_END = /(\d{1,9})\]?$/;

/** Splits a numbered column name; undefined if it ends in no number. */
export function splitNumbered(name: string): { prefix: string; number: number } | undefined {
  const text = name.trim();
  const match = NUMBER_AT_END.exec(text);
  if (match === null) return undefined;
  let end = match.index;
  while (end > 0 && /[\s_.\-[]/.test(text.charAt(end - 1))) end--;
  return { prefix: cleanName(text.slice(0, end)), number: Number(match[1]) };
}

/** The columns of `prefix*`, unless a column is really called that or the name has no such form. */
export function findSeries(name: string, { header }: ColumnNames): number[] | undefined {
  if (header === undefined || !name.endsWith("*") || header.includes(name)) return undefined;
  const prefix = cleanName(name.slice(0, -1));
  const found = [...header.keys()].filter((index) =>
    splitNumbered(header[index] ?? "")?.prefix === prefix
  );
  return found.length === 0 ? undefined : found;
}

/**
 * Finds a column by its header name or 1-based number; 0-based.
 *
 * @param flag the flag that names it, for messages: `--map "a=b"`
 * @throws {TabularError} if there is none, or more than one
 */
export function findColumn(flag: string, name: string, columns: ColumnNames): number {
  const { header, columnCount } = columns;
  const fitting = header === undefined ? [] : findInHeader(header, name);
  const [only, second] = fitting;
  if (second !== undefined) {
    const numbers = fitting.map((index) => index + 1).join(" and ");
    throw new TabularError(
      `Cannot use ${flag}: the columns ${numbers} are both called that; name one by its number`,
    );
  }
  if (only !== undefined) return only;
  if (/^\d{1,9}$/.test(name)) {
    const number = Number(name);
    if (number >= 1 && number <= columnCount) return number - 1;
    throw new TabularError(
      `Cannot use ${flag}: there is no column ${number}, only 1 to ${columnCount}`,
    );
  }
  if (header === undefined) {
    throw new TabularError(
      `Cannot use ${flag}: without a header a column is named by its number, 1 to ${columnCount}`,
    );
  }
  const nearest = nearestName(name, header);
  const hint = nearest === undefined ? "" : ` (did you mean "${nearest}"?)`;
  throw new TabularError(
    `Cannot use ${flag}: there is no column "${name}"${hint}; the columns are ${listNames(header)}`,
  );
}

/** Whether a flag's name is that of a column, or the number of one. */
export function hasColumn(name: string, { header, columnCount }: ColumnNames): boolean {
  if (header !== undefined && findInHeader(header, name).length > 0) return true;
  return /^\d{1,9}$/.test(name) && Number(name) >= 1 && Number(name) <= columnCount;
}

function findInHeader(header: readonly string[], name: string): number[] {
  const indexes = [...header.keys()];
  const exact = indexes.filter((index) => header[index]?.trim() === name);
  if (exact.length > 0) return exact;
  const clean = cleanName(name);
  return indexes.filter((index) => cleanName(header[index] ?? "") === clean);
}
