import { type CellSetter, comparePaths, compileSetter, type Message } from "./cell_setter.ts";
import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import type { CellConverter } from "./convert_cell.ts";
import type { ReadFile } from "./convert_bytes.ts";
import { createTargetConverter } from "./convert_target.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { type FieldTarget, pathText } from "./field_target.ts";
import { MissingCells, type MissingOptions } from "./missing_cells.ts";
import { badCell, wrongCellCount } from "./row_errors.ts";
import { CellError, TabularError } from "./tabular_error.ts";

/** How to read cells. */
export interface RowMapperOptions extends MissingOptions {
  /**
   * What a missing cell of a column without a default does: leave its field unset (default), or make the row a bad one.
   * Members of a oneof may always be missing.
   */
  readonly onMissing?: "unset" | "reject" | undefined;
  /**
   * Reads the file that a cell `@name` of bytes names (`name` without the `@`), at once, so that rows stay in order;
   * default: no cell may name a file. What it throws is the reason that the row is rejected for.
   */
  readonly readFile?: ReadFile | undefined;
}

/** Turns records into requests. */
export interface RowMapper {
  /** @throws {RowError} if the record has the wrong number of cells, or a cell is no value of its field */
  toMessage(record: CsvRecord): Message;
}

/** What a missing cell does; undefined: nothing. */
type FillMissing = ((message: Message) => void) | undefined;

/** A column whose cell is the value of a field of the message itself: the hot path. */
interface FlatCell {
  readonly index: number;
  readonly name: string;
  readonly convert: CellConverter;
  readonly fillMissing: FillMissing;
  readonly column: PlannedColumn;
}

/** Any other column. */
interface DeepCell {
  readonly index: number;
  readonly set: CellSetter;
  readonly fillMissing: FillMissing;
  readonly column: PlannedColumn;
}

/**
 * Compiles a plan into a function from records to messages.
 *
 * Of a plan that groups rows it makes the message that a group of one row would be; `createRowGrouper()` puts them
 * together.
 *
 * @throws {TabularError} if a default of the plan is no value of its field
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
  const missing = new MissingCells(options);
  const { nullText, more } = missing;
  const columnCount = plan.columns.length;
  const { flat, deep } = compileCells(plan, options);
  const constants = compileConstants(plan, options);

  const fail = (message: Message, record: CsvRecord, cell: FlatCell | DeepCell, error: unknown) => {
    if (!(error instanceof CellError)) throw error;
    // Blanks in place of a number are a missing value, too; looked at only once the cell has failed.
    if (!missing.hasTrimmed(record.cells[cell.index] ?? "")) {
      throw badCell(plan, record, cell.column, error);
    }
    fill(message, record, cell);
  };
  const fill = (message: Message, record: CsvRecord, cell: FlatCell | DeepCell) => {
    try {
      cell.fillMissing?.(message);
    } catch (error) {
      throw error instanceof CellError ? badCell(plan, record, cell.column, error) : error;
    }
  };
  const toMessage = (record: CsvRecord): Message => {
    const { cells } = record;
    if (cells.length !== columnCount) throw wrongCellCount(plan, record);
    const message: Message = {};
    for (const cell of flat) {
      const text = cells[cell.index] ?? "";
      if (text === "" || text === nullText || (more !== undefined && more.has(text))) {
        if (cell.fillMissing !== undefined) fill(message, record, cell);
        continue;
      }
      try {
        message[cell.name] = cell.convert(text);
      } catch (error) {
        fail(message, record, cell, error);
      }
    }
    for (const cell of deep) {
      const text = cells[cell.index] ?? "";
      if (text === "" || text === nullText || (more !== undefined && more.has(text))) {
        if (cell.fillMissing !== undefined) fill(message, record, cell);
        continue;
      }
      try {
        cell.set(message, text);
      } catch (error) {
        fail(message, record, cell, error);
      }
    }
    for (const set of constants) set(message);
    return message;
  };
  return { toMessage };
}

function compileCells(
  plan: ColumnPlan,
  options: RowMapperOptions,
): { readonly flat: FlatCell[]; readonly deep: DeepCell[] } {
  const flat: FlatCell[] = [];
  const deep: DeepCell[] = [];
  for (const { column, target } of orderColumns(plan)) {
    const { index } = column;
    const convert = compileConverter(plan, target, options);
    const rivals = findRivals(plan, target);
    const set = compileSetter(target, convert, rivals);
    const fillMissing = compileMissing({ column, set, isMember: rivals.length > 0 }, options);
    const [only] = target.path;
    if (target.path.length === 1 && only?.kind === "field" && rivals.length === 0) {
      flat.push({ index, name: only.field.name, convert, fillMissing, column });
    } else {
      deep.push({ index, set, fillMissing, column });
    }
  }
  return { flat, deep };
}

/** The columns with a target, so that the elements of a list come one after the other. */
export function orderColumns(
  plan: ColumnPlan,
): { readonly column: PlannedColumn; readonly target: FieldTarget }[] {
  return plan.columns
    .flatMap((column) => column.target === undefined ? [] : [{ column, target: column.target }])
    .sort((left, right) => comparePaths(left.target.path, right.target.path));
}

/** Creates the converter of a target as the plan reads cells. */
export function compileConverter(
  plan: ColumnPlan,
  target: FieldTarget,
  options: Pick<RowMapperOptions, "readFile">,
): CellConverter {
  return createTargetConverter(target, { decimal: plan.decimal, readFile: options.readFile });
}

function compileMissing(
  { column, set, isMember }: {
    readonly column: PlannedColumn;
    readonly set: CellSetter;
    readonly isMember: boolean;
  },
  options: RowMapperOptions,
): FillMissing {
  const { defaultText, name, index } = column;
  if (defaultText === undefined) {
    if (options.onMissing !== "reject" || isMember) return undefined;
    return () => {
      throw new CellError("the cell has no value");
    };
  }
  const flag = `--default "${name ?? index + 1}=${defaultText}"`;
  if (isMember) {
    throw new TabularError(
      `Cannot use ${flag}: ${column.label} fills one of several fields of a oneof`,
    );
  }
  return tryDefault(flag, column.target, (message) => set(message, defaultText));
}

function compileConstants(
  plan: ColumnPlan,
  options: RowMapperOptions,
): ((message: Message) => void)[] {
  return plan.constants.map(({ label, target, text }) => {
    const rivals = findRivals(plan, target);
    const set = compileSetter(target, compileConverter(plan, target, options), rivals);
    if (rivals.length > 0) {
      throw new TabularError(
        `Cannot use ${label}: "${target.text}" is of a oneof that columns fill`,
      );
    }
    return tryDefault(label, target, (message) => set(message, text)) ?? (() => {});
  });
}

/** Finds out before the first row whether a default is a value of its field. */
function tryDefault(flag: string, target: FieldTarget | undefined, fill: FillMissing): FillMissing {
  // An element that is not the first can only be appended to a list that has those before it.
  if (target?.path.some((step) => step.kind === "index" && step.index > 0) === true) return fill;
  try {
    fill?.({});
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    throw new TabularError(`Cannot use ${flag}: ${error.message}`, { cause: error });
  }
  return fill;
}

/** The other members of the target's oneof that columns fill, in the same message. */
export function findRivals(plan: ColumnPlan, target: FieldTarget): string[] {
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
