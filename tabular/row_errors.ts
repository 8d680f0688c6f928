import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { CellError, RowError } from "./tabular_error.ts";

/** The error of a record that has more or fewer cells than the plan has columns. */
export function wrongCellCount(plan: ColumnPlan, { cells, line }: CsvRecord): RowError {
  const expected = plan.columns.length;
  const found = `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`;
  const like = plan.header === undefined ? "as in the first row" : "as in the header";
  const reason = `found ${found}, expected ${expected} ${like}${explainMore(cells, expected)}`;
  return new RowError(`Cannot read "${plan.source}" line ${line}: ${reason}`, { line, reason });
}

/** Ends the sentence on a record with more cells than there are columns; empty for one with fewer. */
function explainMore(cells: readonly string[], expected: number): string {
  if (cells.length <= expected) return "";
  if (cells.slice(expected).every((cell) => cell.trim() === "")) {
    return "; nothing follows its last delimiter: take that away, or end the header with one as well";
  }
  return cells.some((cell) => /^\s+"/.test(cell))
    ? "; a quote counts as one right behind the delimiter only: take the blanks before it away"
    : "; a cell with the delimiter in it needs quotes around it";
}

/** The error of a cell, with its place. */
export function badCell(
  plan: ColumnPlan,
  record: CsvRecord,
  column: Pick<PlannedColumn, "index" | "label">,
  cause: CellError,
): RowError {
  const { line } = record;
  const reason = cause.message;
  const value = record.cells[column.index] ?? "";
  return new RowError(
    `Cannot read "${plan.source}" line ${line} ${column.label}: ${reason}`,
    { line, column: column.index + 1, value, reason },
    { cause },
  );
}
