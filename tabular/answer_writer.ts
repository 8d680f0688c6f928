import type { Answer } from "./answer_columns.ts";
import type { CsvRecord } from "./csv_reader.ts";

/** A column of the input that `--join` puts beside the answer. */
export interface JoinColumn {
  /** The header name, or `column1`. */
  readonly name: string;
  /** Whether the cells are numbers, so that JSON need not quote them and a table aligns them. */
  readonly isNumeric: boolean;
}

/** How to write answers. */
export interface AnswerWriterOptions {
  /** The input's columns, to stand before those of the answer; default none. */
  readonly join?: readonly JoinColumn[] | undefined;
  /** Whether to write the header of a CSV file or table; default true. False goes on with a file. */
  readonly header?: boolean | undefined;
}

/** Turns answers into text, which the caller writes; every piece ends at the end of a row. */
export interface AnswerWriter {
  /**
   * @param rows the record that each answer belongs to; needed with `join`. An answer without one gets
   * empty cells.
   */
  write(answers: readonly Answer[], rows?: readonly CsvRecord[]): string;
  /** What remains to be written when no more answers come: a header if there were none. */
  finish(): string;
}

/** The names of all columns: an answer's column that is called like one of the input is `answer.NAME`. */
export function nameColumns(
  join: readonly JoinColumn[],
  answer: readonly { readonly name: string }[],
): string[] {
  const taken = new Set(join.map(({ name }) => name));
  const own = answer.map(({ name }) => taken.has(name) ? `answer.${name}` : name);
  return [...join.map(({ name }) => name), ...own];
}
