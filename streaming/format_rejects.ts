import type { Rejection } from "./rejection.ts";
import { recordsOf } from "./row.ts";

const NEEDS_QUOTES = /[",\r\n]/;

/** The first line of a file of rejected rows: where, what and why, then the columns of the input. */
export function rejectsHeader(columnNames: readonly string[]): string {
  return toLine(["line", "column", "value", "reason", ...columnNames]);
}

/** Rejected rows as CSV, each with its cells as they were read. A message of several rows is a line for each of them. */
export function formatRejects(rejections: readonly Rejection[]): string {
  let text = "";
  for (const { row, line, column, value, reason } of rejections) {
    for (const record of recordsOf(row)) {
      const where = record.line === line ? [column ?? "", value ?? ""] : ["", ""];
      text += toLine([record.line, ...where, reason, ...record.cells]);
    }
  }
  return text;
}

function toLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => quoteCell(String(cell))).join(",")}\n`;
}

function quoteCell(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
