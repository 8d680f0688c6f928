import type { MessageShape } from "../schema/mod.ts";
import { FormatCompiler, type ValueFormats, wellKnownFormats } from "./format_value.ts";
import { isRecord } from "./is_record.ts";

/** A decoded answer: a plain object by field names as in the `.proto`. */
export type Answer = object;

/** One column of the answers: a field, or one of a nested message. */
export interface AnswerColumn {
  /** `id`, `position.latitude`. */
  readonly name: string;
  readonly formats: ValueFormats;
  /** The value, or undefined if it or a message on the way is unset. */
  read(answer: Answer): unknown;
}

/** More columns than this help nobody; messages nested deeper are written as JSON. */
const MAX_DEPTH = 8;

/**
 * Lists the columns that answers have in CSV and tables: one per field, nested messages flattened to
 * `a.b`. Repeated fields, maps and messages inside themselves are one column each, as JSON.
 */
export function listAnswerColumns(shape: MessageShape): AnswerColumn[] {
  const compiler = new FormatCompiler();
  const columns: AnswerColumn[] = [];
  const visit = (
    message: MessageShape,
    path: readonly string[],
    outer: readonly MessageShape[],
  ) => {
    for (const field of message.fields) {
      const inner = [...path, field.name];
      const { type } = field;
      const isNested = type.kind === "message" && field.cardinality === "single" &&
        wellKnownFormats(type.message) === undefined && type.message.fields.length > 0 &&
        !outer.includes(type.message) && outer.length < MAX_DEPTH;
      if (isNested) {
        visit(type.message, inner, [...outer, type.message]);
      } else {
        const formats = compiler.compile(field);
        columns.push({ name: inner.join("."), formats, read: compileRead(inner) });
      }
    }
  };
  visit(shape, [], [shape]);
  return columns;
}

function compileRead(path: readonly string[]): (answer: Answer) => unknown {
  const [name = "", ...rest] = path;
  if (rest.length === 0) {
    return (answer) => (answer as Readonly<Record<string, unknown>>)[name] ?? undefined;
  }
  return (answer) => {
    let value: unknown = answer;
    for (const step of path) {
      if (!isRecord(value)) return undefined;
      value = value[step];
    }
    return value ?? undefined;
  };
}
