import type { MethodSchema } from "../schema/mod.ts";
import {
  type AnswerFormat,
  type ColumnPlan,
  listAnswerColumns,
  listJoinColumns,
} from "../tabular/mod.ts";
import type { StreamFlags } from "./check_flags.ts";

/** What the files of a run look like, and the flags that make them so: a run that goes on must not change it midway. */
export interface OutputLayout {
  readonly format: AnswerFormat;
  readonly join: boolean;
  /** Whether the first row of the input is its header: if not, rows are counted from another one on. */
  readonly header: boolean;
  /** Values of `--map`, in the order of the alphabet. */
  readonly map: readonly string[];
  readonly inputColumns: readonly string[];
  readonly answerColumns: readonly string[];
}

/** What a layout follows from. */
export interface LayoutOptions {
  readonly format: AnswerFormat;
  readonly flags: Pick<StreamFlags, "join" | "mappings">;
  readonly method: Pick<MethodSchema, "response">;
  readonly plan: ColumnPlan;
  /** Whether the rows are lines of JSON: then only `--join` writes their columns. */
  readonly isJson: boolean;
}

/** The layout of a run's files. */
export function layoutOf(
  { format, flags, method, plan, isJson }: LayoutOptions,
): OutputLayout {
  return {
    format,
    join: flags.join,
    header: plan.header !== undefined,
    map: flags.mappings.map((entry) => entry.trim()).toSorted(),
    inputColumns: isJson && !flags.join ? [] : listJoinColumns(plan).map(({ name }) => name),
    answerColumns: listAnswerColumns(method.response).map(({ name }) => name),
  };
}

/** How a layout is told apart from another one, by the flag that decides it where there is one. */
const SPELLINGS: readonly ((layout: OutputLayout, other: OutputLayout) => string)[] = [
  ({ format }) => `-O ${format}`,
  ({ join }) => join ? "--join" : "no --join",
  ({ header }) => header ? "--header" : "--no-header",
  ({ map }) => map.length === 0 ? "no --map" : map.map((entry) => `--map "${entry}"`).join(" "),
  (layout, other) => spellColumn("the input", layout.inputColumns, other.inputColumns),
  (layout, other) => spellColumn("the answers", layout.answerColumns, other.answerColumns),
];

/** The first column that others do not have at its place; empty if there is none. */
function spellColumn(what: string, names: readonly string[], others: readonly string[]): string {
  const places = Array.from({ length: Math.max(names.length, others.length) }, (_, place) => place);
  const place = places.find((place) => names[place] !== others[place]);
  if (place === undefined) return "";
  const column = `column ${place + 1} of ${what}`;
  return names[place] === undefined ? `no ${column}` : `${column} "${names[place]}"`;
}

/** Says in what a layout differs from the one that a run was begun with; undefined if in nothing. */
export function explainLayout(begun: OutputLayout, now: OutputLayout): string | undefined {
  const spell = SPELLINGS.find((spell) => spell(begun, now) !== spell(now, begun));
  if (spell === undefined) return undefined;
  return `its answers were begun with ${spell(begun, now)}, this run has ${spell(now, begun)}`;
}
