import { type FieldTarget, pathText } from "./field_target.ts";
import { TabularError } from "./tabular_error.ts";

/** A column and what it fills; `undefined` is left out. */
export interface TargetedColumn {
  /** `column 3 (sensor2)`. */
  readonly label: string;
  /** As in the header, 0-based; undefined for what is no column, or has no name. */
  readonly name?: string | undefined;
  readonly index?: number | undefined;
  readonly target: FieldTarget | undefined;
}

/**
 * Checks that no two columns fill the same field, or a field and a part of it, and that the indexes of a
 * repeated field are 0, 1, 2 and so on, unless rows make its elements.
 *
 * @throws {TabularError} naming both columns, or the index that is missing
 */
export function checkTargets(source: string, columns: readonly TargetedColumn[]): void {
  const byPath = new Map<string, TargetedColumn>();
  for (const column of columns) {
    if (column.target === undefined) continue;
    const other = byPath.get(column.target.text);
    if (other !== undefined) throw clash(source, other, column, column.target.text);
    byPath.set(column.target.text, column);
  }
  const indexes = new Map<string, Set<number>>();
  const rows = new Map<string, TargetedColumn>();
  for (const column of columns) {
    const path = column.target?.path ?? [];
    for (const [depth, step] of path.entries()) {
      if (depth === 0) continue;
      const parent = pathText(path.slice(0, depth));
      const whole = byPath.get(parent);
      if (whole !== undefined) throw clash(source, whole, column, parent);
      if (step.kind === "row") rows.set(parent, column);
      if (step.kind !== "index") continue;
      const seen = indexes.get(parent) ?? new Set();
      indexes.set(parent, seen.add(step.index));
    }
  }
  for (const [parent, seen] of indexes) {
    const row = rows.get(parent);
    if (row !== undefined) {
      throw new TabularError(
        `Cannot map "${source}": ${row.label} adds an element of ${parent} for each row, ` +
          `but another column fills ${parent}[${Math.min(...seen)}]`,
      );
    }
    for (let index = 0; index < seen.size; index++) {
      if (seen.has(index)) continue;
      const last = Math.max(...seen);
      throw new TabularError(
        `Cannot map "${source}": a column fills ${parent}[${last}], but none fills ${parent}[${index}]`,
      );
    }
  }
}

function clash(
  source: string,
  first: TargetedColumn,
  second: TargetedColumn,
  field: string,
): TabularError {
  // Columns of one name are told apart by their numbers.
  const isTwice = second.name !== undefined && first.name === second.name;
  const way = isTwice && second.index !== undefined
    ? `leave one out by its number, --map "${second.index + 1}="`
    : "rename or leave one out with --map";
  return new TabularError(
    `Cannot map "${source}": ${first.label} and ${second.label} both fill the field "${field}"; ${way}`,
  );
}
