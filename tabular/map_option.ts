import { type CellFormat, parseCellFormat } from "./cell_format.ts";
import { type ColumnNames, findColumn, findSeries } from "./column_names.ts";
import { TabularError } from "./tabular_error.ts";

/** What `--map` asks for one column. */
export interface MappedColumn {
  /** The flag's value, for messages. */
  readonly entry: string;
  /** The field path; empty leaves the column out. */
  readonly field: string;
  /** How its cells are written: `ms` of `time=at:ms`. */
  readonly format: CellFormat | undefined;
  /** Whether the column is one of a numbered series (`v*=samples`) that fills a repeated field. */
  readonly isSeries: boolean;
}

/** A field and how its cells are written; a key of a map may hold colons, but stands in brackets. */
const FIELD_AND_FORMAT = /^(.*):([^\].]*)$/s;

/**
 * Reads the values of `--map`, by 0-based column: `column=field`, where the column is a header name or a
 * 1-based number, `prefix*=field` for a numbered series, an empty field to leave the column out, and a format after a
 * colon (`column=field:ms`).
 *
 * @throws {TabularError} for an entry without `=`, an unknown column or format, or a column named twice
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
    const series = findSeries(name, columns);
    const isSeries = series !== undefined;
    const parsed = { entry, isSeries, ...readField(entry, entry.slice(split + 1).trim()) };
    for (const index of series ?? [findColumn(`--map "${entry}"`, name, columns)]) {
      const earlier = mapped.get(index);
      if (earlier !== undefined) {
        throw new TabularError(
          `Cannot use both --map "${earlier.entry}" and --map "${entry}": they name the same column`,
        );
      }
      mapped.set(index, parsed);
    }
  }
  return mapped;
}

function readField(
  entry: string,
  text: string,
): { readonly field: string; readonly format: CellFormat | undefined } {
  const match = FIELD_AND_FORMAT.exec(text);
  if (match === null) return { field: text, format: undefined };
  const [, field = "", name = ""] = match;
  const format = parseCellFormat(name.trim());
  if (format !== undefined) return { field: field.trim(), format };
  throw new TabularError(
    `Cannot use --map "${entry}": "${name}" is no format of cells (s, ms, us, ns, hex, base64, file)`,
  );
}
