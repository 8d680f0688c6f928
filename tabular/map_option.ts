import { nearestName } from "../schema/mod.ts";
import { cleanName, listNames } from "./field_path.ts";
import { TabularError } from "./tabular_error.ts";

/** What `--map` asks for one column. */
export interface MappedColumn {
  /** The flag's value, for messages. */
  readonly entry: string;
  /** The field path; empty leaves the column out. */
  readonly field: string;
  /** Whether the column is one of a numbered series (`v*=samples`) that fills a repeated field. */
  readonly isSeries: boolean;
}

/** The columns of an input, as `--map` can name them. */
export interface ColumnNames {
  readonly header: readonly string[] | undefined;
  readonly columnCount: number;
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

/**
 * Reads the values of `--map`, by 0-based column: `column=field`, where the column is a header name or a
 * 1-based number, `prefix*=field` for a numbered series, and an empty field to leave the column out.
 *
 * @throws {TabularError} for an entry without `=`, an unknown column, or a column named twice
 */
export function readMapOption(
  entries: readonly string[],
  columns: ColumnNames,
): Map<number, MappedColumn> {
  const mapped = new Map<number, MappedColumn>();
  for (const entry of entries) {
    // The last "=", as a column's name may hold one and a field's does not.
    const split = entry.lastIndexOf("=");
    if (split <= 0) throw new TabularError(`Cannot use --map "${entry}": it is not column=field`);
    const name = entry.slice(0, split).trim();
    const field = entry.slice(split + 1).trim();
    const series = findSeries(name, columns);
    for (const index of series ?? [findColumn(entry, name, columns)]) {
      const earlier = mapped.get(index);
      if (earlier !== undefined) {
        throw new TabularError(
          `Cannot use both --map "${earlier.entry}" and --map "${entry}": they name the same column`,
        );
      }
      mapped.set(index, { entry, field, isSeries: series !== undefined });
    }
  }
  return mapped;
}

/** The columns of `prefix*`, unless a column is really called that or the name has no such form. */
function findSeries(name: string, { header }: ColumnNames): number[] | undefined {
  if (header === undefined || !name.endsWith("*") || header.includes(name)) return undefined;
  const prefix = cleanName(name.slice(0, -1));
  const found = [...header.keys()].filter((index) =>
    splitNumbered(header[index] ?? "")?.prefix === prefix
  );
  return found.length === 0 ? undefined : found;
}

function findColumn(entry: string, name: string, { header, columnCount }: ColumnNames): number {
  const fitting = header === undefined ? [] : findInHeader(header, name);
  const [only, second] = fitting;
  if (second !== undefined) {
    const numbers = fitting.map((index) => index + 1).join(" and ");
    throw new TabularError(
      `Cannot use --map "${entry}": the columns ${numbers} are both called that; name one by its number`,
    );
  }
  if (only !== undefined) return only;
  if (/^\d{1,9}$/.test(name)) {
    const number = Number(name);
    if (number >= 1 && number <= columnCount) return number - 1;
    throw new TabularError(
      `Cannot use --map "${entry}": there is no column ${number}, only 1 to ${columnCount}`,
    );
  }
  if (header === undefined) {
    throw new TabularError(
      `Cannot use --map "${entry}": without a header a column is named by its number, 1 to ${columnCount}`,
    );
  }
  const nearest = nearestName(name, header);
  const hint = nearest === undefined ? "" : `did you mean "${nearest}"? `;
  throw new TabularError(
    `Cannot use --map "${entry}": there is no column "${name}"; ${hint}The columns are ${
      listNames(header)
    }`,
  );
}

function findInHeader(header: readonly string[], name: string): number[] {
  const indexes = [...header.keys()];
  const exact = indexes.filter((index) => header[index]?.trim() === name);
  if (exact.length > 0) return exact;
  const clean = cleanName(name);
  return indexes.filter((index) => cleanName(header[index] ?? "") === clean);
}
