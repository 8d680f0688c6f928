import type { CsvRecord, Message } from "../tabular/mod.ts";

/** Rows that are one message together. */
export interface GroupedRows {
  readonly message: Message;
  readonly records: readonly CsvRecord[];
}

/** What one message was made of: a row, or several. */
export type Row = CsvRecord | GroupedRows;

/** The row whose cells stand for the message: the first. */
export function firstRecord(row: Row): CsvRecord | undefined {
  return "records" in row ? row.records[0] : row;
}

/** All rows of the message. */
export function recordsOf(row: Row): readonly CsvRecord[] {
  return "records" in row ? row.records : [row];
}
