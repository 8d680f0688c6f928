import type { CsvRecord } from "./csv_reader.ts";
import type { FieldTarget } from "./field_target.ts";

/** Why a line is no row. */
export interface LineFault {
  /** Of the character at fault, from 1; undefined if the line as a whole is wrong. */
  readonly column?: number | undefined;
  /** What is wrong, without the place. */
  readonly problem: string;
}

/** The value of a key that is no column, but names a field. */
export interface LateCell {
  readonly name: string;
  readonly target: FieldTarget;
  readonly text: string;
}

/** What a line of JSON holds, beside its cells. */
export interface JsonRecordOptions {
  readonly line: number;
  /** As it was read; undefined if it was too long to be kept. */
  readonly text: string | undefined;
  /** Whether the text is JSON, if not always an object. */
  readonly isJson: boolean;
  /** The columns of the input. */
  readonly names: readonly string[];
  readonly fault?: LineFault | undefined;
  readonly late?: readonly LateCell[] | undefined;
}

/** A line of JSON as a record: a cell for each column. One with a fault has another number of cells. */
export class JsonRecord implements CsvRecord {
  readonly cells: string[];
  readonly line: number;
  /** As it was read; undefined if it was too long to be kept. */
  readonly text: string | undefined;
  readonly isJson: boolean;
  readonly names: readonly string[];
  readonly fault: LineFault | undefined;
  readonly late: readonly LateCell[] | undefined;

  /** @param cells none if the line is no object */
  constructor(cells: string[], options: JsonRecordOptions) {
    const isFull = cells.length === options.names.length;
    this.cells = options.fault !== undefined && isFull ? [...cells, ""] : cells;
    this.line = options.line;
    this.text = options.text;
    this.isJson = options.isJson;
    this.names = options.names;
    this.fault = options.fault;
    this.late = options.late;
  }
}
