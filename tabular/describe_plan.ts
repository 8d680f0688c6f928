import type { MessageShape } from "../schema/mod.ts";
import type { ColumnPlan, PlannedColumn } from "./column_plan.ts";
import { typeName } from "./convert_cell.ts";
import type { CsvRecord } from "./csv_reader.ts";
import { quote } from "./tabular_error.ts";
import { wellKnownFormats } from "./format_value.ts";

/**
 * Describes a plan for `--check`: a line per column with its field, type and a cell of `example`, then
 * what is left out and what stays unset. Ends with a line break.
 */
export function describePlan(plan: ColumnPlan, example?: CsvRecord): string {
  const rows = plan.columns
    .filter(({ target }) => target !== undefined)
    .map((column) => [
      `${column.index + 1}`,
      column.name ?? "",
      column.target?.text ?? "",
      describeType(column),
      example === undefined ? "" : quote(example.cells[column.index] ?? "").slice(1, -1),
    ]);
  const lines = alignRows([["#", "column", "field", "type", "example"], ...rows]);
  const leftOut = plan.columns.filter(({ target }) => target === undefined);
  if (leftOut.length > 0) lines.push(`left out: ${leftOut.map(({ label }) => label).join(", ")}`);
  const unset = listUnsetFields(plan);
  lines.push(`stays unset: ${unset.length === 0 ? "nothing" : unset.join(", ")}`);
  return `${plan.message.fullName} from "${plan.source}"\n${lines.join("\n")}\n`;
}

/** The fields that no column fills; of a message that some column enters, its fields as `a.b`. */
export function listUnsetFields(plan: ColumnPlan): string[] {
  const filled = new Set<string>();
  const entered = new Set<string>();
  for (const { target } of plan.columns) {
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

function describeType({ target }: PlannedColumn): string {
  if (target === undefined) return "";
  return target.isList ? `repeated ${typeName(target.type)}` : typeName(target.type);
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
