import { type CellSetter, compileSetter, type Message } from "./cell_setter.ts";
import type { ColumnPlan } from "./column_plan.ts";
import type { CsvRecord } from "./csv_reader.ts";
import type { FieldTarget } from "./field_target.ts";
import { JsonRecord, type LateCell } from "./json_record.ts";
import { MissingCells } from "./missing_cells.ts";
import {
  compileConverter,
  createRowMapper,
  type RowMapper,
  type RowMapperOptions,
} from "./row_mapper.ts";
import { CellError, RowError } from "./tabular_error.ts";

/**
 * As `createRowMapper()`, for lines of JSON as well: what they say of fields that no column fills is added to the message.
 *
 * @throws {TabularError} if a default of the plan is no value of its field
 */
export function createJsonMapper(plan: ColumnPlan, options: RowMapperOptions = {}): RowMapper {
  const mapper = createRowMapper(plan, options);
  const missing = new MissingCells(options);
  // Weak: columns remember the targets of so many names and no more, and keys come from the input.
  const setters = new WeakMap<FieldTarget, CellSetter>();
  const setterOf = (cell: LateCell): CellSetter => {
    const setter = setters.get(cell.target) ?? compileLate(plan, cell, options);
    setters.set(cell.target, setter);
    return setter;
  };
  const addLate = (message: Message, record: JsonRecord, late: readonly LateCell[]) => {
    const filled = new Set<string>();
    const parents = new Set<string>();
    for (const cell of late) {
      const { text: field } = cell.target;
      if (missing.has(cell.text)) continue;
      try {
        if (filled.has(field)) throw new CellError(`the field "${field}" is there twice`);
        const around = prefixesOf(field);
        if (parents.has(field) || around.some((parent) => filled.has(parent))) {
          throw new CellError(`"${field}" and another key are of one field`);
        }
        filled.add(field);
        for (const parent of around) parents.add(parent);
        setterOf(cell)(message, cell.text);
      } catch (error) {
        throw error instanceof CellError ? badKey(plan, record, cell, error) : error;
      }
    }
  };
  const toMessage = (record: CsvRecord): Message => {
    const message = mapper.toMessage(record);
    if (record instanceof JsonRecord && record.late !== undefined) {
      addLate(message, record, record.late);
    }
    return message;
  };
  return { toMessage };
}

function compileLate(
  plan: ColumnPlan,
  { name, target }: LateCell,
  options: RowMapperOptions,
): CellSetter {
  const other = plan.columns.find((column) =>
    column.target !== undefined && overlaps(column.target.text, target.text)
  );
  if (other === undefined) {
    return compileSetter(target, compileConverter(plan, target, options), rivalsOf(plan, target));
  }
  return () => {
    throw new CellError(`"${name}" and ${other.label} both fill the field "${target.text}"`);
  };
}

/** What a path leads through. */
function prefixesOf(path: string): string[] {
  return Array.from(path.matchAll(/[.[]/g), ({ index }) => path.slice(0, index));
}

/** Whether two paths are of the same field, or one of a part of the other. */
function overlaps(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return long.startsWith(short) &&
    (long.length === short.length || /[.[]/.test(long[short.length]));
}

/** The other members of the oneof that the target is in. */
function rivalsOf({ message }: ColumnPlan, { path }: FieldTarget): string[] {
  const last = path.at(-1);
  const parent = path.at(-2);
  if (last?.kind !== "field" || last.field.oneof === undefined) return [];
  const shape = parent === undefined
    ? message
    : parent.kind === "field" && parent.field.type.kind === "message"
    ? parent.field.type.message
    : undefined;
  const { name, oneof } = last.field;
  return (shape?.fields ?? [])
    .filter((field) => field.oneof === oneof && field.name !== name)
    .map((field) => field.name);
}

function badKey(
  { source }: ColumnPlan,
  { line }: CsvRecord,
  { name, text }: LateCell,
  cause: CellError,
): RowError {
  const place = `key ${JSON.stringify(name)}`;
  return new RowError(
    `Cannot read "${source}" line ${line} ${place}: ${cause.message}`,
    { line, value: text, reason: `${place}: ${cause.message}` },
    { cause },
  );
}
