import type { FieldShape, MessageShape } from "../schema/mod.ts";
import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import { createCellConverter, typeName } from "./convert_cell.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { type FieldTarget, pathText, rowDepth } from "./field_target.ts";
import { FormatCompiler, wellKnownFormats } from "./format_value.ts";
import { MissingCells } from "./missing_cells.ts";
import { compileConverter, type RowMapperOptions } from "./row_mapper.ts";
import { CellError, quote } from "./tabular_error.ts";

/**
 * Describes a plan for `--check`: a line per column with its field, type, a cell of `example` and, where they differ, the
 * value that it becomes; then constants, defaults, grouping, what is left out and what stays unset. Ends with a line
 * break.
 *
 * @param options as for the row mapper
 */
export function describePlan(
  plan: ColumnPlan,
  example?: CsvRecord,
  options: RowMapperOptions = {},
): string {
  const rows = plan.columns
    .filter(({ target }) => target !== undefined)
    .map((column) => [
      `${column.index + 1}`,
      column.name ?? "",
      column.target?.text ?? "",
      describeType(column.target),
      example === undefined ? "" : shorten(example.cells[column.index] ?? ""),
      example === undefined ? "" : describeValue(plan, column, example, options),
    ]);
  const differ = rows.some(([, , , , cell, value]) => cell !== value);
  const header = ["#", "column", "field", "type", "example", "becomes"];
  const lines = alignRows([header, ...rows].map((row) => differ ? row : row.slice(0, -1)));
  lines.push(...describeExtras(plan, options));
  const leftOut = plan.columns.filter(({ target }) => target === undefined);
  if (leftOut.length > 0) lines.push(`left out: ${leftOut.map(({ label }) => label).join(", ")}`);
  const unset = listUnsetFields(plan);
  lines.push(`stays unset: ${unset.length === 0 ? "nothing" : unset.join(", ")}`);
  return `${plan.message.fullName} from "${plan.source}"\n${lines.join("\n")}\n`;
}

function describeExtras(plan: ColumnPlan, options: RowMapperOptions): string[] {
  const lines: string[] = [];
  const { groupBy, columns, constants } = plan;
  if (groupBy !== undefined) {
    const lists = columns.flatMap(({ target }) => {
      const depth = target === undefined ? undefined : rowDepth(target);
      return target === undefined || depth === undefined
        ? []
        : [pathText(target.path.slice(0, depth))];
    });
    const which = groupBy.index === undefined
      ? "all rows"
      : `consecutive rows with the same ${groupBy.label}`;
    const grown = [...new Set(lists)].join(", ");
    lines.push(`one message of ${which}; each row adds an element to ${grown}`);
  }
  if (constants.length > 0) {
    const texts = constants.map(({ target, text }) => `${target.text} = ${shorten(text)}`);
    lines.push(`in every message: ${texts.join(", ")}`);
  }
  const missing = columns.flatMap(({ label, target, defaultText }) =>
    target === undefined || defaultText === undefined
      ? []
      : [`${shorten(defaultText)} for ${label}`]
  );
  if (missing.length > 0) lines.push(`in place of missing cells: ${missing.join(", ")}`);
  if (options.onMissing === "reject") lines.push("rows with other missing cells are bad rows");
  return lines;
}

/** What the cell of a column becomes, as an answer would show it; for a bad one, that it is bad. */
function describeValue(
  plan: ColumnPlan,
  { index, target, defaultText }: PlannedColumn,
  example: CsvRecord,
  options: RowMapperOptions,
): string {
  if (target === undefined) return "";
  const cell = example.cells[index] ?? "";
  const isMissing = new MissingCells(options).hasTrimmed(cell) && cell === cell.trim();
  const text = isMissing ? defaultText : cell;
  if (text === undefined) return options.onMissing === "reject" ? "(missing)" : "(unset)";
  const isPlain = createCellConverter(target.type) !== undefined || target.type.kind !== "message";
  try {
    const value = compileConverter(plan, target, options)(text);
    // A message in JSON is shown as it is: its fields that are not there are no part of the cell.
    return shorten(isPlain ? formatOf(target)(value) : text);
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    return new MissingCells(options).hasTrimmed(cell) ? "(unset)" : "(not a value)";
  }
}

function formatOf({ type, isList, mapKey }: FieldTarget): (value: unknown) => string {
  const cardinality = mapKey !== undefined ? "map" : isList ? "repeated" : "single";
  const field: FieldShape = { name: "", number: 0, type, cardinality, explicitPresence: false };
  return new FormatCompiler().compile(field).text;
}

function shorten(text: string): string {
  return quote(text).slice(1, -1);
}

/** The fields that no column fills; of a message that some column enters, its fields as `a.b`. */
export function listUnsetFields(plan: ColumnPlan): string[] {
  const filled = new Set<string>();
  const entered = new Set<string>();
  for (const { target } of [...plan.columns, ...plan.constants]) {
    const names: string[] = [];
    for (const step of target?.path ?? []) {
      if (step.kind !== "field") continue;
      names.push(step.field.name);
      entered.add(names.join("."));
    }
    filled.add(names.join("."));
  }
  const unset: string[] = [];
  const visit = (message: MessageShape, prefix: string) => {
    for (const { name, type } of message.fields) {
      const path = prefix === "" ? name : `${prefix}.${name}`;
      if (filled.has(path)) continue;
      if (!entered.has(path)) unset.push(path);
      else if (type.kind === "message" && wellKnownFormats(type.message) === undefined) {
        visit(type.message, path);
      }
    }
  };
  visit(plan.message, "");
  return unset;
}

function describeType(target: FieldTarget | undefined): string {
  if (target === undefined) return "";
  const { type, isList, mapKey, format } = target;
  const isJson = type.kind === "message" && createCellConverter(type) === undefined;
  const one = `${typeName(type)}${isJson ? " as JSON" : ""}`;
  const how = format === undefined ? "" : ` in ${format}`;
  if (mapKey !== undefined) return `map<${mapKey}, ${one}>${how}`;
  return `${isList ? "repeated " : ""}${one}${how}`;
}

function alignRows(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, [...cell].length);
    }
  }
  return rows.map((row) =>
    row.map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - [...cell].length))
      .join("  ").trimEnd()
  );
}
