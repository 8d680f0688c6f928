import type { MessageShape } from "../schema/mod.ts";
import { type CellFormat, formatsOf } from "./cell_format.ts";
import { checkTargets } from "./check_targets.ts";
import { type ColumnNames, findColumn } from "./column_names.ts";
import { typeName } from "./convert_cell.ts";
import type { DecimalMark } from "./decimal_comma.ts";
import { type DefaultOption, readDefaultOption } from "./default_option.ts";
import { describeFailure, resolveFieldPath } from "./field_path.ts";
import { type FieldTarget, rowDepth } from "./field_target.ts";
import { orderElements } from "./fold_columns.ts";
import { mapByName, mapByPosition } from "./map_columns.ts";
import { type MappedColumn, readMapOption } from "./map_option.ts";
import { quote, TabularError } from "./tabular_error.ts";

/** One column of the input and where its cells go. */
export interface PlannedColumn {
  /** 0-based. */
  readonly index: number;
  /** As in the header; undefined without one. */
  readonly name: string | undefined;
  /** For messages: `column 3 (sensor2)`, `column 3`, `key "sensor2"`. */
  readonly label: string;
  /** Undefined: the column is left out. */
  readonly target: FieldTarget | undefined;
  /** What a missing cell is taken for; undefined: `RowMapperOptions.onMissing` decides. */
  readonly defaultText?: string | undefined;
}

/** A field that no column fills, and that has the same value in every row. */
export interface PlannedConstant {
  /** For messages: `--default "horizon=24"`. */
  readonly label: string;
  readonly target: FieldTarget;
  readonly text: string;
}

/** By what rows belong to one message. */
export interface PlannedGroup {
  /** The column whose value is the same in all of them, 0-based; undefined: all rows are one message. */
  readonly index: number | undefined;
  /** For messages: `column 1 (tick)`. */
  readonly label: string;
}

/** Which column fills which field. */
export interface ColumnPlan {
  /** What messages call the input. */
  readonly source: string;
  readonly header: readonly string[] | undefined;
  readonly message: MessageShape;
  /** In the order of the input; as many as each record must have cells. */
  readonly columns: readonly PlannedColumn[];
  readonly constants: readonly PlannedConstant[];
  /** Undefined: every row is a message. */
  readonly groupBy: PlannedGroup | undefined;
  readonly decimal: DecimalMark;
}

/** What a plan is made from. */
export interface ColumnPlanOptions {
  /** The cells of the header; undefined if the input has none. */
  readonly header: readonly string[] | undefined;
  /** How many cells the first record has. */
  readonly columnCount: number;
  /** The request that a row becomes. */
  readonly message: MessageShape;
  /**
   * Values of `--map`: `column=field`, `column=field:ms`, `prefix*=field`, `column=` to leave one out, `*=` to leave out
   * all that fit no field; default none.
   */
  readonly map?: readonly string[] | undefined;
  /** Values of `--default`: `COLUMN=VALUE` or `FIELD=VALUE`; default none. */
  readonly defaults?: readonly string[] | undefined;
  /** The value of `--group-by`: a column's name or number, or `*` for all rows; default none. */
  readonly groupBy?: string | undefined;
  /** What stands before the fraction of a number; default `.`. */
  readonly decimal?: DecimalMark | undefined;
  /** What messages call the input; default `input`. */
  readonly source?: string | undefined;
  /** 1-based line of the header; default 1. */
  readonly headerLine?: number | undefined;
  /** Whether the columns are the keys of lines, so that no line is their header; default false. */
  readonly areKeys?: boolean | undefined;
}

/** The value of `--map` that leaves out every column that fits no field. */
const LEAVE_REST = "*=";

/** The options with their defaults, and what the flags say. */
export interface Planning extends ColumnNames {
  readonly source: string;
  readonly headerLine: number;
  readonly message: MessageShape;
  readonly mapped: ReadonlyMap<number, MappedColumn>;
  /** Whether columns that fit no field are left out. */
  readonly leavesRest: boolean;
  readonly groupBy: PlannedGroup | undefined;
}

/**
 * Decides which field each column fills.
 *
 * `--map` goes first. Then a header name is a field if it is spelt like it, or differs only in case, `_`,
 * `-` and blanks, or is a path (`weather.humidity`, `stations[0].no2`); numbered columns that are left fold
 * into a repeated field. Without a header, columns fill the fields in field-number order. With `groupBy`, a name may also
 * be that of a field further inside, and what fills a repeated field adds an element to it for each row.
 *
 * @throws {TabularError} if a column fits no field, two columns fit the same, or an option is wrong
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const type = { kind: "scalar", scalar: "float" } as const;
 * const field = { name: "wind_speed", number: 1, type, cardinality: "single", explicitPresence: false } as const;
 * const message = { fullName: "Weather", fields: [field] };
 * const plan = planColumns({ header: ["Wind Speed"], columnCount: 1, message });
 * assert.equal(plan.columns[0]?.target?.text, "wind_speed");
 * ```
 */
export function planColumns(options: ColumnPlanOptions): ColumnPlan {
  const { header, columnCount, message, source = "input", headerLine = 1, areKeys = false } =
    options;
  const names = { header, columnCount, areKeys };
  const entries = (options.map ?? []).filter((entry) => entry.trim() !== LEAVE_REST);
  const mapped = readMapOption(entries, names);
  const leavesRest = entries.length < (options.map ?? []).length;
  const groupBy = readGroupBy(options.groupBy, names);
  const planning = {
    source,
    header,
    headerLine,
    areKeys,
    columnCount,
    message,
    mapped,
    leavesRest,
    groupBy,
  };
  const targets = resolveMapped(planning);
  if (header === undefined) mapByPosition(planning, targets);
  else mapByName(planning, header, targets);
  const defaults = readDefaultOption(options.defaults ?? [], names);
  const columns = Array.from({ length: columnCount }, (_, index): PlannedColumn => ({
    index,
    name: header?.[index],
    label: labelOf(names, index),
    target: targets.get(index),
    defaultText: defaults.find(({ column }) => column === index)?.text,
  }));
  const constants = defaults.flatMap((option) => planConstant(planning, targets, option));
  checkTargets(source, [...columns, ...constants]);
  checkGroup(planning, columns);
  return { source, header, message, columns, constants, groupBy, decimal: options.decimal ?? "." };
}

function readGroupBy(name: string | undefined, names: ColumnNames): PlannedGroup | undefined {
  if (name === undefined) return undefined;
  if (name === "*") return { index: undefined, label: "all rows" };
  const index = findColumn(`--group-by "${name}"`, name, names);
  return { index, label: labelOf(names, index) };
}

/** The targets that `--map` gives. */
function resolveMapped(planning: Planning): Map<number, FieldTarget> {
  const targets = new Map<number, FieldTarget>();
  const series = new Map<string, { list: FieldTarget; indexes: number[] }>();
  for (const [index, { entry, field, format, isSeries }] of planning.mapped) {
    if (field === "") continue;
    const flag = `--map "${entry}"`;
    // The elements of a series are those of one cell each, even where rows are grouped.
    const isGrouped = planning.groupBy !== undefined && !isSeries;
    const result = resolveFieldPath(planning.message, field, { isGrouped });
    if (result.kind !== "found") {
      throw new TabularError(`Cannot use ${flag}: ${describeFailure(result)}`);
    }
    const target = withFormat(result.target, format, flag);
    if (!isSeries) {
      targets.set(index, target);
      continue;
    }
    if (!target.isList) {
      throw new TabularError(`Cannot use ${flag}: "${target.text}" is not repeated`);
    }
    const group = series.get(entry) ?? { list: target, indexes: [] };
    group.indexes.push(index);
    series.set(entry, group);
  }
  for (const { list, indexes } of series.values()) {
    const elements = orderElements(list, indexes, (index) => planning.header?.[index] ?? "");
    for (const [index, element] of elements) targets.set(index, element);
  }
  return targets;
}

function withFormat(
  target: FieldTarget,
  format: CellFormat | undefined,
  flag: string,
): FieldTarget {
  if (format === undefined) return target;
  const formats = formatsOf(target.type);
  if (formats.includes(format)) return { ...target, format };
  const wanted = formats.length === 0 ? "no format" : `the formats ${formats.join(", ")}`;
  throw new TabularError(
    `Cannot use ${flag}: cells of the type ${
      typeName(target.type)
    } have ${wanted}, not "${format}"`,
  );
}

/** What `--default` says of a field that no column fills. */
function planConstant(
  planning: Planning,
  targets: ReadonlyMap<number, FieldTarget>,
  { flag, name, column, text }: DefaultOption,
): PlannedConstant[] {
  if (column !== undefined) {
    if (targets.has(column)) return [];
    throw new TabularError(
      `Cannot use ${flag}: ${labelOf(planning, column)} fills no field`,
    );
  }
  const result = resolveFieldPath(planning.message, name);
  if (result.kind === "found") return [{ label: flag, target: result.target, text }];
  throw new TabularError(
    `Cannot use ${flag}: there is no column "${name}", and ${describeFailure(result)}`,
  );
}

/** Grouped rows must have somewhere to go. */
function checkGroup({ source, groupBy }: Planning, columns: readonly PlannedColumn[]): void {
  if (groupBy === undefined) return;
  if (columns.some(({ target }) => target !== undefined && rowDepth(target) !== undefined)) return;
  throw new TabularError(
    `Cannot group the rows of "${source}": no column fills a repeated field, to which each row ` +
      `would add an element; name one with --map COLUMN=LIST[].FIELD`,
  );
}

/** What messages call a column. */
export function labelOf({ header, areKeys }: ColumnNames, index: number): string {
  const name = header?.[index]?.trim() ?? "";
  if (areKeys === true) return `key ${quote(name)}`;
  return name === "" ? `column ${index + 1}` : `column ${index + 1} (${name})`;
}
