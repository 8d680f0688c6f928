import type { MessageShape } from "../schema/mod.ts";
import type { AnswerWriter, AnswerWriterOptions, JoinColumn } from "./answer_writer.ts";
import type { ColumnPlan } from "./column_plan.ts";
import { createCsvWriter } from "./csv_writer.ts";
import { createJsonlWriter } from "./jsonl_writer.ts";
import { createTableWriter } from "./table_writer.ts";

/** The formats of `-O`. */
export const ANSWER_FORMATS = ["table", "csv", "jsonl"] as const;

/** What `-O` takes. */
export type AnswerFormat = (typeof ANSWER_FORMATS)[number];

const CREATE_WRITER = {
  table: createTableWriter,
  csv: createCsvWriter,
  jsonl: createJsonlWriter,
} as const satisfies Record<
  AnswerFormat,
  (shape: MessageShape, options: AnswerWriterOptions) => AnswerWriter
>;

/**
 * Creates a writer of answers in a format.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const type = { kind: "scalar", scalar: "int32" } as const;
 * const field = { name: "id", number: 1, type, cardinality: "single", explicitPresence: false } as const;
 * const writer = createAnswerWriter("csv", { fullName: "Answer", fields: [field] });
 * assert.equal(writer.write([{ id: 1 }, { id: 2 }]), "id\n1\n2\n");
 * ```
 */
export function createAnswerWriter(
  format: AnswerFormat,
  shape: MessageShape,
  options: AnswerWriterOptions = {},
): AnswerWriter {
  return CREATE_WRITER[format](shape, options);
}

const NUMERIC_TYPE = /^(?:double|float|s?u?int(?:32|64)|s?fixed(?:32|64))$/;

/** The input's columns for `join`: the header's names or `column1`, numeric where the field is. */
export function listJoinColumns(plan: ColumnPlan): JoinColumn[] {
  return plan.columns.map(({ name, index, target }) => ({
    name: name === undefined || name === "" ? `column${index + 1}` : name,
    isNumeric: target?.type.kind === "scalar" && !target.isList &&
      NUMERIC_TYPE.test(target.type.scalar),
  }));
}
