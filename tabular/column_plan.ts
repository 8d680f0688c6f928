import type { MessageShape } from "../schema/mod.ts";
import { checkTargets } from "./check_targets.ts";
import { typeName } from "./convert_cell.ts";
import {
  createFieldTarget,
  describeFailure,
  type FieldTarget,
  listNames,
  resolveFieldPath,
} from "./field_path.ts";
import { elementOf, foldColumns, orderElements } from "./fold_columns.ts";
import { type MappedColumn, readMapOption } from "./map_option.ts";
import { quote, TabularError } from "./tabular_error.ts";

/** One column of the input and where its cells go. */
export interface PlannedColumn {
  /** 0-based. */
  readonly index: number;
  /** As in the header; undefined without one. */
  readonly name: string | undefined;
  /** For messages: `column 3 (sensor2)`, `column 3`. */
  readonly label: string;
  /** Undefined: the column is left out. */
  readonly target: FieldTarget | undefined;
}

/** Which column fills which field. */
export interface ColumnPlan {
  /** What messages call the input. */
  readonly source: string;
  readonly header: readonly string[] | undefined;
  readonly message: MessageShape;
  /** In the order of the input; as many as each record must have cells. */
  readonly columns: readonly PlannedColumn[];
}

/** What a plan is made from. */
export interface ColumnPlanOptions {
  /** The cells of the header; undefined if the input has none. */
  readonly header: readonly string[] | undefined;
  /** How many cells the first record has. */
  readonly columnCount: number;
  /** The request that a row becomes. */
  readonly message: MessageShape;
  /** Values of `--map`: `column=field`, `prefix*=field`, `column=` to leave one out; default none. */
  readonly map?: readonly string[] | undefined;
  /** What messages call the input; default `input`. */
  readonly source?: string | undefined;
  /** 1-based line of the header; default 1. */
  readonly headerLine?: number | undefined;
}

/** The options with their defaults, and what `--map` says. */
interface Planning {
  readonly source: string;
  readonly header: readonly string[] | undefined;
  readonly headerLine: number;
  readonly columnCount: number;
  readonly message: MessageShape;
  readonly mapped: ReadonlyMap<number, MappedColumn>;
}

/**
 * Decides which field each column fills.
 *
 * `--map` goes first. Then a header name is a field if it is spelt like it, or differs only in case, `_`,
 * `-` and blanks, or is a path (`weather.humidity`, `stations[0].no2`); numbered columns that are left fold
 * into a repeated field. Without a header, columns fill the fields in field-number order.
 *
 * @throws {TabularError} if a column fits no field, two columns fit the same, or `--map` is wrong
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
  const { header, columnCount, message, source = "input", headerLine = 1 } = options;
  const mapped = readMapOption(options.map ?? [], { header, columnCount });
  const planning = { source, header, headerLine, columnCount, message, mapped };
  const targets = resolveMapped(planning);
  if (header === undefined) mapByPosition(planning, targets);
  else mapByName(planning, header, targets);
  const columns = Array.from({ length: columnCount }, (_, index): PlannedColumn => ({
    index,
    name: header?.[index],
    label: labelOf(planning, index),
    target: targets.get(index),
  }));
  checkTargets(source, columns);
  return { source, header, message, columns };
}

/** The targets that `--map` gives. */
function resolveMapped(planning: Planning): Map<number, FieldTarget> {
  const targets = new Map<number, FieldTarget>();
  const series = new Map<string, { list: FieldTarget; indexes: number[] }>();
  for (const [index, { entry, field, isSeries }] of planning.mapped) {
    if (field === "") continue;
    const result = resolveFieldPath(planning.message, field);
    if (result.kind !== "found") {
      throw new TabularError(`Cannot use --map "${entry}": ${describeFailure(result)}`);
    }
    if (!isSeries) {
      targets.set(index, result.target);
      continue;
    }
    if (!result.target.isList) {
      throw new TabularError(
        `Cannot use --map "${entry}": "${result.target.text}" is not repeated`,
      );
    }
    const group = series.get(entry) ?? { list: result.target, indexes: [] };
    group.indexes.push(index);
    series.set(entry, group);
  }
  for (const { list, indexes } of series.values()) {
    const elements = orderElements(list, indexes, (index) => planning.header?.[index] ?? "");
    for (const [index, element] of elements) targets.set(index, element);
  }
  return targets;
}

function mapByName(
  planning: Planning,
  header: readonly string[],
  targets: Map<number, FieldTarget>,
): void {
  const left = new Map<number, string>();
  for (const [index, name] of header.entries()) {
    if (planning.mapped.has(index)) continue;
    const result = resolveFieldPath(planning.message, name);
    if (result.kind === "found") targets.set(index, result.target);
    else left.set(index, name);
  }
  const isFree = (field: string) =>
    [...targets.values()].every(({ text }) => text !== field && !text.startsWith(`${field}[`));
  const folded = foldColumns(left, planning.message, isFree);
  for (const [index, name] of left) {
    const target = folded.get(index);
    if (target === undefined) throw unknownColumn(planning, index, name);
    targets.set(index, target);
  }
}

function unknownColumn(planning: Planning, index: number, name: string): TabularError {
  const { source, headerLine, message } = planning;
  const place = `Cannot map "${source}" line ${headerLine} column ${index + 1}`;
  const handle = name.trim() === "" ? String(index + 1) : name.trim();
  const flags = `map it with --map "${handle}=FIELD" or leave it out with --map "${handle}="`;
  if (name.trim() === "") return new TabularError(`${place}: the column has no name; ${flags}`);
  const result = resolveFieldPath(message, name);
  const reason = result.kind === "found" ? "" : describeFailure(result);
  const hint = index === 0 && headerLine === 1 ? ", or say --no-header if line 1 is no header" : "";
  return new TabularError(`${place} (${quote(name)}): ${reason}; ${flags}${hint}`, {
    line: headerLine,
  });
}

/** Columns without a header fill the fields in order; a repeated field at the end takes all that are left. */
function mapByPosition(planning: Planning, targets: Map<number, FieldTarget>): void {
  const taken = new Set([...targets.values()].map(({ path }) => fieldName(path[0])));
  const free = planning.message.fields
    .filter((field) => !taken.has(field.name))
    .flatMap((field) => createFieldTarget(field) ?? []);
  const left = Array.from({ length: planning.columnCount }, (_, index) => index)
    .filter((index) => !planning.mapped.has(index));
  if (left.length === 0) return;
  const last = free.at(-1);
  const spread = last?.isList === true && left.length > free.length ? last : undefined;
  if (left.length < free.length || (left.length > free.length && spread === undefined)) {
    throw wrongCount(planning, left.length, free);
  }
  for (const [place, index] of left.entries()) {
    const start = free.length - 1;
    const target = spread !== undefined && place >= start
      ? elementOf(spread, place - start)
      : free[place];
    if (target !== undefined) targets.set(index, target);
  }
}

function wrongCount(
  { source, message, mapped }: Planning,
  found: number,
  free: readonly FieldTarget[],
): TabularError {
  const type = typeName({ kind: "message", message });
  const columns = `${mapped.size > 0 ? "other " : ""}${found === 1 ? "column" : "columns"}`;
  const fields = free.length === 0
    ? "has no field that a cell could fill"
    : `takes ${free.length} (${listNames(free.map(({ text }) => text))})`;
  return new TabularError(
    `Cannot map "${source}" without a header: it has ${found} ${columns}, but ${type} ${fields}; ` +
      `name the field of each column with --map NUMBER=FIELD, or leave one out with --map NUMBER=`,
  );
}

function fieldName(step: FieldTarget["path"][number] | undefined): string {
  return step?.kind === "field" ? step.field.name : "";
}

function labelOf({ header }: Planning, index: number): string {
  const name = header?.[index]?.trim() ?? "";
  return name === "" ? `column ${index + 1}` : `column ${index + 1} (${name})`;
}
