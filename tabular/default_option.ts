import { type ColumnNames, findColumn, hasColumn } from "./column_names.ts";
import { TabularError } from "./tabular_error.ts";

/** What `--default` asks for. */
export interface DefaultOption {
  /** The flag with its value, for messages: `--default "horizon=24"`. */
  readonly flag: string;
  /** The name of a column or a field path. */
  readonly name: string;
  /** 0-based; undefined if no column is called so. */
  readonly column: number | undefined;
  /** What a missing cell is taken for. */
  readonly text: string;
}

/**
 * Reads the values of `--default`: `COLUMN=VALUE`, where the name may be that of a field which no column fills.
 *
 * @throws {TabularError} for an entry without `=` or a value, or two for one name
 */
export function readDefaultOption(
  entries: readonly string[],
  columns: ColumnNames,
): DefaultOption[] {
  const defaults: DefaultOption[] = [];
  for (const entry of entries) {
    const flag = `--default "${entry}"`;
    const split = entry.indexOf("=");
    const name = entry.slice(0, Math.max(0, split)).trim();
    const text = entry.slice(split + 1);
    if (name === "" || text === "") {
      throw new TabularError(`Cannot use ${flag}: it is not COLUMN=VALUE`);
    }
    const column = hasColumn(name, columns) ? findColumn(flag, name, columns) : undefined;
    const earlier = defaults.find((other) =>
      column === undefined ? other.name === name : other.column === column
    );
    if (earlier !== undefined) {
      throw new TabularError(`Cannot use both ${earlier.flag} and ${flag}: they name the same`);
    }
    defaults.push({ flag, name, column, text });
  }
  return defaults;
}
