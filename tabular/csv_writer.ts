import type { MessageShape } from "../schema/mod.ts";
import { type Answer, type AnswerColumn, listAnswerColumns } from "./answer_columns.ts";
import { type AnswerWriter, type AnswerWriterOptions, nameColumns } from "./answer_writer.ts";
import type { CsvRecord } from "./csv_reader.ts";

const NEEDS_QUOTES = /[",\r\n]/;

/** Writes answers as CSV: RFC 4180 with LF, nested fields as `a.b`, unset as an empty cell. */
export function createCsvWriter(
  shape: MessageShape,
  options: AnswerWriterOptions = {},
): AnswerWriter {
  const { join } = options;
  const columns = listAnswerColumns(shape);
  const names = nameColumns(join ?? [], columns).map(quoteCell);
  // Answers without any field, and nothing joined: blank lines would say nothing.
  if (names.length === 0) return { write: () => "", finish: () => "" };
  let head = options.header === false ? "" : `${names.join(",")}\n`;
  const writeRow = names.length === 1 ? writeOnlyCell : writeCells;
  return {
    write: (answers, rows) => {
      let text = head;
      head = "";
      for (const [index, answer] of answers.entries()) {
        if (join !== undefined) text += joinCells(join.length, rows?.[index], columns.length > 0);
        text += writeRow(columns, answer);
      }
      return text;
    },
    finish: () => {
      const text = head;
      head = "";
      return text;
    },
  };
}

function writeCells(columns: readonly AnswerColumn[], answer: Answer): string {
  let text = "";
  let separator = "";
  for (const column of columns) {
    text += separator;
    separator = ",";
    const value = column.read(answer);
    if (value === undefined) continue;
    const cell = column.formats.text(value);
    text += column.formats.isFree ? quoteCell(cell) : cell;
  }
  return `${text}\n`;
}

/** An empty cell alone would be a blank line, which readers skip. */
function writeOnlyCell(columns: readonly AnswerColumn[], answer: Answer): string {
  const row = writeCells(columns, answer);
  return row === "\n" ? '""\n' : row;
}

function joinCells(count: number, row: CsvRecord | undefined, more: boolean): string {
  const cells: string[] = [];
  for (let index = 0; index < count; index++) cells.push(quoteCell(row?.cells[index] ?? ""));
  return cells.join(",") + (more && count > 0 ? "," : "");
}

/** Puts a cell in quotes where it needs them (RFC 4180, section 2). */
export function quoteCell(cell: string): string {
  return NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
