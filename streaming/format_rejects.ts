import { JsonRecord } from "../tabular/mod.ts";
import type { Rejection } from "./rejection.ts";
import { recordsOf } from "./row.ts";

const NEEDS_QUOTES = /[",\r\n]/;

/** The first line of a file of rejected rows: where, what and why, then the columns of the input. */
export function rejectsHeader(columnNames: readonly string[]): string {
  return toLine(["line", "column", "value", "reason", ...columnNames]);
}

/**
 * Rejected rows as CSV, each with its cells as they were read; lines of JSON as JSON. A message of several rows is a line
 * for each of them.
 */
export function formatRejects(rejections: readonly Rejection[]): string {
  let text = "";
  for (const rejection of rejections) {
    const { row, line, column, value, reason } = rejection;
    for (const record of recordsOf(row)) {
      if (record instanceof JsonRecord) {
        text += toJsonLine(record, rejection);
        continue;
      }
      const where = record.line === line ? [column ?? "", value ?? ""] : ["", ""];
      text += toLine([record.line, ...where, reason, ...record.cells]);
    }
  }
  return text;
}

/** With the line as it was in `row`; one that is no JSON is a string, in `text`. */
function toJsonLine(record: JsonRecord, { line, column = 0, value, reason }: Rejection): string {
  const { names, text } = record;
  const where = record.line === line ? { column: names[column - 1], value } : {};
  const known = JSON.stringify({ line: record.line, ...where, reason });
  const row = record.isJson ? `"row":${text}` : `"text":${JSON.stringify(text ?? null)}`;
  return `${known.slice(0, -1)},${row}}\n`;
}

function toLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => quoteCell(String(cell))).join(",")}\n`;
}

function quoteCell(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
