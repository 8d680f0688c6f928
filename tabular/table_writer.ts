import type { MessageShape } from "../schema/mod.ts";
import { type Answer, listAnswerColumns } from "./answer_columns.ts";
import { type AnswerWriter, type AnswerWriterOptions, nameColumns } from "./answer_writer.ts";
import type { CsvRecord } from "./csv_reader.ts";

/** A column is at most as wide as this, so that one long text does not push all others off the screen. */
const MAX_COLUMN_CHARS = 40;
const GAP = "  ";
/** What would break a line or move the cursor, as escapes that a reader knows. */
// deno-lint-ignore no-control-regex -- finding them is the point
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

/**
 * Writes answers as a table for a terminal: numbers to the right, all else to the left.
 *
 * Rows stream, so the widths are those of the header and the first batch; a wider cell that comes later
 * shifts the rest of its row instead of being cut.
 */
export function createTableWriter(
  shape: MessageShape,
  options: AnswerWriterOptions = {},
): AnswerWriter {
  const { join = [] } = options;
  const columns = listAnswerColumns(shape);
  const names = nameColumns(join, columns);
  const isNumeric = [
    ...join.map((column) => column.isNumeric),
    ...columns.map(({ formats }) => formats.isNumeric),
  ];
  let widths: readonly number[] | undefined;
  const cellsOf = (answer: Answer, row: CsvRecord | undefined): string[] => [
    ...join.map((_, index) => escapeControls(row?.cells[index] ?? "")),
    ...columns.map(({ formats, read }) => {
      const value = read(answer);
      return value === undefined ? "" : escapeControls(formats.text(value));
    }),
  ];
  const begin = (rows: readonly string[][]): string => {
    widths = names.map((name, index) => widthOf([name, ...rows.map((row) => row[index] ?? "")]));
    if (options.header === false) return "";
    const rule = widths.map((width) => "-".repeat(width)).join(GAP);
    return `${align(names, widths, isNumeric)}${rule}\n`;
  };
  return {
    write: (answers, rows) => {
      const lines = answers.map((answer, index) => cellsOf(answer, rows?.[index]));
      let text = widths === undefined ? begin(lines) : "";
      for (const line of lines) text += align(line, widths ?? [], isNumeric);
      return text;
    },
    finish: () => widths === undefined ? begin([]) : "",
  };
}

function widthOf(cells: readonly string[]): number {
  let width = 1;
  for (const cell of cells) width = Math.max(width, [...cell].length);
  return Math.min(width, Math.max(MAX_COLUMN_CHARS, [...(cells[0] ?? "")].length));
}

function align(
  cells: readonly string[],
  widths: readonly number[],
  isNumeric: readonly boolean[],
): string {
  const padded = cells.map((cell, index) => {
    const padding = " ".repeat(Math.max(0, (widths[index] ?? 0) - [...cell].length));
    return isNumeric[index] === true ? padding + cell : cell + padding;
  });
  return `${padded.join(GAP).trimEnd()}\n`;
}

/** What a server sends must not steer the terminal. */
function escapeControls(text: string): string {
  return text.replace(CONTROL, (control) => JSON.stringify(control).slice(1, -1));
}
