import { compileSetter, type Message } from "./cell_setter.ts";
import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { elementIndex, type PathStep, pathText, rowDepth } from "./field_target.ts";
import { JsonRecord } from "./json_record.ts";
import { MissingCells } from "./missing_cells.ts";
import { badCell } from "./row_errors.ts";
import {
  compileConverter,
  createRowMapper,
  findRivals,
  orderColumns,
  type RowMapper,
  type RowMapperOptions,
} from "./row_mapper.ts";
import { CellError, quote, RowError, TabularError } from "./tabular_error.ts";

/** How to put rows together; `ROW_GROUPER_DEFAULTS` holds what applies when left out. */
export interface RowGrouperOptions extends RowMapperOptions {
  /** Most rows of one message; default 100,000. */
  readonly maxGroupRows?: number | undefined;
  /** Most UTF-16 code units in the cells of one message; default 16 Mi. It bounds the memory that a group takes. */
  readonly maxGroupChars?: number | undefined;
}

export const ROW_GROUPER_DEFAULTS = {
  maxGroupRows: 100_000,
  maxGroupChars: 16 * 1024 * 1024,
} as const satisfies RowGrouperOptions;

/** A message and the rows that it is made of. */
export interface RowGroup {
  readonly message: Message;
  /** At least one, in the order of the input. */
  readonly records: readonly CsvRecord[];
}

/**
 * Puts consecutive records into one message each.
 *
 * The element of the repeated field that a row makes is added to the message; every other column must have the same text
 * in all rows of a group, or none.
 */
export interface RowGrouper {
  /** Whether the next record may go on with the open group: false if there is none, or a record of another came. */
  readonly isOpen: boolean;
  /**
   * Takes the next record. Returns the group before it, if the record begins a new one.
   *
   * @throws {RowError} if the record does not fit; it is left out, its group goes on without it, and a group that ended
   * before it comes out at the next call
   * @throws {TabularError} if the group is larger than the limits; nothing can be read after that
   */
  push(record: CsvRecord): RowGroup | undefined;
  /** Says that no more records follow, and returns the last group. */
  finish(): RowGroup | undefined;
}

/**
 * Compiles a plan with `groupBy` into a grouper.
 *
 * @throws {TabularError} if a default of the plan is no value of its field
 */
export function createRowGrouper(plan: ColumnPlan, options: RowGrouperOptions = {}): RowGrouper {
  return new PlannedGrouper(plan, options);
}

/** A column that has the same text in all rows of a group. */
interface SharedCell {
  readonly column: PlannedColumn;
  readonly set: (message: Message, text: string) => void;
}

/** The list that grows with each row, and the columns that fill its elements. */
interface GrownList {
  readonly path: readonly PathStep[];
  /** The column, if the elements are single values: such a list has no gaps. */
  readonly only: PlannedColumn | undefined;
}

interface OpenGroup {
  readonly key: string | undefined;
  readonly message: Message;
  readonly records: CsvRecord[];
  /** What the shared columns say, and the line that says it; in the order of `#shared`. */
  readonly texts: ({ readonly text: string; readonly line: number } | undefined)[];
  chars: number;
  /** Rows that were left out, which wait for the group as well, and the code units in their cells. */
  badRows: number;
  badChars: number;
  /** Whether a bad row of another group came after it. */
  isOver: boolean;
}

class PlannedGrouper implements RowGrouper {
  readonly #plan: ColumnPlan;
  readonly #mapper: RowMapper;
  readonly #missing: MissingCells;
  readonly #maxRows: number;
  readonly #maxChars: number;
  readonly #shared: readonly SharedCell[];
  readonly #lists: readonly GrownList[];
  #open: OpenGroup | undefined;

  constructor(plan: ColumnPlan, options: RowGrouperOptions) {
    this.#plan = plan;
    this.#mapper = createRowMapper(plan, options);
    this.#missing = new MissingCells(options);
    this.#maxRows = options.maxGroupRows ?? ROW_GROUPER_DEFAULTS.maxGroupRows;
    this.#maxChars = options.maxGroupChars ?? ROW_GROUPER_DEFAULTS.maxGroupChars;
    this.#shared = orderColumns(plan)
      .filter(({ target }) => rowDepth(target) === undefined)
      .map(({ column, target }) => {
        const convert = compileConverter(plan, target, options);
        return { column, set: compileSetter(target, convert, findRivals(plan, target)) };
      });
    this.#lists = findLists(plan);
  }

  push(record: CsvRecord): RowGroup | undefined {
    const key = this.#keyOf(record);
    const open = this.#open;
    const goesOn = open !== undefined && !open.isOver && open.key === key;
    let message: Message;
    try {
      message = this.#mapper.toMessage(record);
      if (goesOn) {
        this.#add(open, record, message);
        return undefined;
      }
    } catch (error) {
      if (goesOn && error instanceof RowError) this.#leaveOut(open, record);
      else if (open !== undefined) open.isOver = true;
      throw error;
    }
    this.#open = {
      key,
      message,
      records: [record],
      texts: this.#shared.map(({ column }) => this.#textOf(record, column)),
      chars: countChars(record),
      badRows: 0,
      badChars: 0,
      isOver: false,
    };
    return open;
  }

  get isOpen(): boolean {
    return this.#open?.isOver === false;
  }

  finish(): RowGroup | undefined {
    const open = this.#open;
    this.#open = undefined;
    return open;
  }

  #keyOf({ cells }: CsvRecord): string | undefined {
    const index = this.#plan.groupBy?.index;
    // A row that does not say whose it is belongs to the rows before it.
    return index === undefined ? undefined : cells[index] ?? this.#open?.key;
  }

  #textOf({ cells, line }: CsvRecord, { index }: PlannedColumn) {
    const text = cells[index] ?? "";
    return this.#missing.hasTrimmed(text) ? undefined : { text, line };
  }

  /** Nothing of a record that does not fit gets into the message. */
  #add(open: OpenGroup, record: CsvRecord, message: Message): void {
    this.#checkSize(open, record);
    const texts = this.#shared.map(({ column }, place) => {
      const text = this.#textOf(record, column);
      const earlier = open.texts[place];
      if (text !== undefined && earlier !== undefined && text.text !== earlier.text) {
        const problem = `${quote(text.text)} is ${quote(earlier.text)} in line ${earlier.line}, ` +
          `but both rows are of one message`;
        throw badCell(this.#plan, record, column, new CellError(problem));
      }
      return earlier ?? text;
    });
    const grown = this.#lists.map((list) => this.#checkList(open, record, message, list));
    for (const [place, text] of texts.entries()) {
      const shared = this.#shared[place];
      if (text === undefined || shared === undefined || open.texts[place] !== undefined) continue;
      this.#setShared(open, record, shared, text.text);
      open.texts[place] = text;
    }
    for (const [place, { path }] of this.#lists.entries()) {
      const added = grown[place] ?? [];
      if (added.length > 0) openList(open.message, path).push(...added);
    }
    open.records.push(record);
    open.chars += countChars(record);
  }

  /** Of a column that was empty in the rows before. */
  #setShared(open: OpenGroup, record: CsvRecord, { column, set }: SharedCell, text: string): void {
    try {
      set(open.message, text);
    } catch (error) {
      throw error instanceof CellError ? badCell(this.#plan, record, column, error) : error;
    }
  }

  /** What the row adds to a list. Parallel lists of values would shift against each other if one had a gap. */
  #checkList(
    open: OpenGroup,
    record: CsvRecord,
    message: Message,
    { path, only }: GrownList,
  ): readonly unknown[] {
    const added = readList(message, path);
    const before = readList(open.message, path).length;
    if (only === undefined || added.length === 0 || before === open.records.length) return added;
    const problem = `"${pathText(path)}" has a value, but a row before it in the same message ` +
      `(line ${open.records[before]?.line ?? "?"}) has none`;
    throw badCell(this.#plan, record, only, new CellError(problem));
  }

  /** A group in which all goes wrong is not to grow without end, either. */
  #leaveOut(open: OpenGroup, record: CsvRecord): void {
    open.badRows++;
    open.badChars += countChars(record);
    if (open.badRows <= this.#maxRows && open.badChars <= this.#maxChars) return;
    const { source, groupBy } = this.#plan;
    throw new TabularError(
      `Cannot group "${source}" line ${record.line} by ${groupBy?.label ?? "all rows"}: ` +
        `${open.badRows} bad rows belong to the message that begins on line ` +
        `${open.records[0]?.line ?? 0}`,
      { line: record.line },
    );
  }

  #checkSize(open: OpenGroup, record: CsvRecord): void {
    const { line } = record;
    const chars = open.chars + countChars(record);
    const { source, groupBy } = this.#plan;
    const from = `the message that begins on line ${open.records[0]?.line ?? 0}`;
    const where = `Cannot group "${source}" line ${line} by ${groupBy?.label ?? "all rows"}`;
    if (open.records.length >= this.#maxRows) {
      throw new TabularError(`${where}: ${from} would have more than ${this.#maxRows} rows`, {
        line,
      });
    }
    if (chars <= this.#maxChars) return;
    throw new TabularError(`${where}: ${from} would have more than ${this.#maxChars} characters`, {
      line,
    });
  }
}

function findLists(plan: ColumnPlan): GrownList[] {
  const lists = new Map<string, GrownList>();
  for (const { column, target } of orderColumns(plan)) {
    const depth = rowDepth(target);
    if (depth === undefined) continue;
    const path = target.path.slice(0, depth);
    const only = depth === target.path.length - 1 ? column : undefined;
    lists.set(pathText(path), { path, only });
  }
  return [...lists.values()];
}

function countChars(record: CsvRecord): number {
  if (record instanceof JsonRecord) return record.text?.length ?? 0;
  let chars = 0;
  for (const cell of record.cells) chars += cell.length;
  return chars;
}

/** The keys and indexes that lead to a list in a message. */
function keyOf(step: PathStep): string | number {
  if (step.kind === "field") return step.field.name;
  return step.kind === "key" ? step.key : elementIndex(step) ?? 0;
}

function readList(message: Message, path: readonly PathStep[]): readonly unknown[] {
  let value: unknown = message;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return [];
    value = (value as Readonly<Record<string | number, unknown>>)[keyOf(step)];
  }
  return Array.isArray(value) ? value : [];
}

/** Messages on the way are there already or are created. */
function openList(message: Message, path: readonly PathStep[]): unknown[] {
  let value: Record<string | number, unknown> = message;
  for (const [depth, step] of path.entries()) {
    const key = keyOf(step);
    const isLast = depth === path.length - 1;
    const isList = isLast || elementIndex(path[depth + 1]) !== undefined;
    value[key] ??= isList ? [] : {};
    value = value[key] as Record<string | number, unknown>;
  }
  return value as unknown as unknown[];
}
