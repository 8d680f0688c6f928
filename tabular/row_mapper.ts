import { type CellSetter, comparePaths, compileSetter, type Message } from "./cell_setter.ts";
import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import { type CellConverter, createCellConverter, keepsBlanks } from "./convert_cell.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { type FieldTarget, pathText } from "./field_path.ts";
import { parseList } from "./parse_list.ts";
import { CellError, RowError } from "./tabular_error.ts";

/** How to read cells. */
export interface RowMapperOptions {
  /** A cell of this text leaves its field unset, as an empty one always does; default none. */
  readonly nullText?: string | undefined;
}

/** Turns records into requests. */
export interface RowMapper {
  /** @throws {RowError} if the record has the wrong number of cells, or a cell is no value of its field */
  toMessage(record: CsvRecord): Message;
}

/** A column whose cell is the value of a field of the message itself: the hot path. */
interface FlatCell {
  readonly index: number;
  readonly name: string;
  readonly convert: CellConverter;
  readonly column: PlannedColumn;
}

/** Any other column. */
interface DeepCell {
  readonly index: number;
  readonly set: CellSetter;
  readonly column: PlannedColumn;
}

/**
 * Compiles a plan into a function from records to messages.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { planColumns } from "./column_plan.ts";
 * const type = { kind: "scalar", scalar: "float" } as const;
 * const field = { name: "no2", number: 1, type, cardinality: "single", explicitPresence: false } as const;
 * const message = { fullName: "Reading", fields: [field] };
 * const mapper = createRowMapper(planColumns({ header: ["NO2"], columnCount: 1, message }));
 * assert.deepEqual(mapper.toMessage({ cells: ["0.5"], line: 2 }), { no2: 0.5 });
 * ```
 */
export function createRowMapper(plan: ColumnPlan, options: RowMapperOptions = {}): RowMapper {
  const nullText = options.nullText ?? "";
  const columnCount = plan.columns.length;
  const flat: FlatCell[] = [];
  const deep: DeepCell[] = [];
  for (const { column, target } of orderColumns(plan)) {
    const { index } = column;
    const convert = createConverter(target);
    const rivals = findRivals(plan, target);
    const [only] = target.path;
    if (target.path.length === 1 && only?.kind === "field" && rivals.length === 0) {
      flat.push({ index, name: only.field.name, convert, column });
    } else {
      deep.push({ index, set: compileSetter(target, convert, rivals), column });
    }
  }

  const toMessage = (record: CsvRecord): Message => {
    const { cells } = record;
    if (cells.length !== columnCount) throw wrongCellCount(plan, record);
    const message: Message = {};
    for (const cell of flat) {
      const text = cells[cell.index] ?? "";
      if (text === "" || text === nullText) continue;
      try {
        message[cell.name] = cell.convert(text);
      } catch (error) {
        rejectUnlessMissing(plan, record, cell.column, nullText, error);
      }
    }
    for (const cell of deep) {
      const text = cells[cell.index] ?? "";
      if (text === "" || text === nullText) continue;
      try {
        cell.set(message, text);
      } catch (error) {
        rejectUnlessMissing(plan, record, cell.column, nullText, error);
      }
    }
    return message;
  };
  return { toMessage };
}

function orderColumns(plan: ColumnPlan): { column: PlannedColumn; target: FieldTarget }[] {
  return plan.columns
    .flatMap((column) => column.target === undefined ? [] : [{ column, target: column.target }])
    .sort((left, right) => comparePaths(left.target.path, right.target.path));
}

function createConverter({ type, text, isList }: FieldTarget): CellConverter {
  const convert = createCellConverter(type);
  if (convert === undefined) throw new TypeError(`Cannot convert a cell to the message "${text}"`);
  if (!isList) return convert;
  const keepBlanks = keepsBlanks(type);
  return (cell) => parseList(cell, keepBlanks).map((item) => convert(item));
}

/** The other members of the target's oneof that columns fill, in the same message. */
function findRivals(plan: ColumnPlan, target: FieldTarget): string[] {
  const last = target.path.at(-1);
  if (last?.kind !== "field" || last.field.oneof === undefined) return [];
  const parent = pathText(target.path.slice(0, -1));
  const rivals = plan.columns.flatMap((column) => {
    const path = column.target?.path ?? [];
    return path.flatMap((step, depth) => {
      const isRival = step.kind === "field" && step.field.oneof === last.field.oneof &&
        step.field.name !== last.field.name && pathText(path.slice(0, depth)) === parent;
      return isRival ? [step.field.name] : [];
    });
  });
  return [...new Set(rivals)];
}

function wrongCellCount(plan: ColumnPlan, { cells, line }: CsvRecord): RowError {
  const expected = plan.columns.length;
  const found = `${cells.length} ${cells.length === 1 ? "cell" : "cells"}`;
  const like = plan.header === undefined ? "as in the first row" : "as in the header";
  const reason = `found ${found}, expected ${expected} ${like}`;
  return new RowError(`Cannot read "${plan.source}" line ${line}: ${reason}`, { line, reason });
}

/** Blanks in place of a number are a missing value, too; looked at only once the cell has failed. */
function rejectUnlessMissing(
  plan: ColumnPlan,
  record: CsvRecord,
  column: PlannedColumn,
  nullText: string,
  error: unknown,
): void {
  if (!(error instanceof CellError)) throw error;
  const value = record.cells[column.index] ?? "";
  const trimmed = value.trim();
  if (trimmed === "" || trimmed === nullText) return;
  const { line } = record;
  const reason = error.message;
  throw new RowError(
    `Cannot read "${plan.source}" line ${line} ${column.label}: ${reason}`,
    { line, column: column.index + 1, value, reason },
    { cause: error },
  );
}
