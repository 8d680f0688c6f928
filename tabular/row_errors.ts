import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { JsonRecord, type LineFault } from "./json_record.ts";
import { CellError, RowError } from "./tabular_error.ts";

/** The error of a record that has more or fewer cells than the plan has columns, as one that is no row always has. */
export function wrongCellCount(plan: ColumnPlan, record: CsvRecord): RowError {
  if (record instanceof JsonRecord && record.fault !== undefined) {
    return badLine(plan, record.line, record.fault);
  }
  const { cells, line } = record;
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

function badLine({ source }: ColumnPlan, line: number, fault: LineFault): RowError {
  const reason = describeFault(fault);
  const colon = fault.column === undefined ? ":" : "";
  return new RowError(`Cannot read "${source}" line ${line}${colon} ${reason}`, { line, reason });
}

/** What is wrong with a line, and where in it. */
export function describeFault({ column, problem }: LineFault): string {
  return column === undefined ? problem : `column ${column}: ${problem}`;
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
