import type { MessageShape } from "../schema/mod.ts";
import { type AnswerWriter, type AnswerWriterOptions, nameColumns } from "./answer_writer.ts";
import { FormatCompiler } from "./format_value.ts";

/** A number as JSON writes it. */
const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Writes answers as one JSON object per line: every field in field-number order, unset as null, 64-bit
 * integers, bytes (base64), NaN and the infinities as strings, as proto3 JSON has them.
 *
 * Joined columns stand first: numbers where the column is one, null where the cell is empty.
 */
export function createJsonlWriter(
  shape: MessageShape,
  options: AnswerWriterOptions = {},
): AnswerWriter {
  const { join } = options;
  if (join === undefined) {
    const format = new FormatCompiler().compileMessage(shape);
    return {
      write: (answers) => {
        let text = "";
        for (const answer of answers) text += `${format(answer)}\n`;
        return text;
      },
      finish: () => "",
    };
  }
  const names = nameColumns(join, shape.fields).map((name) => JSON.stringify(name));
  const inputs = join.map(({ isNumeric }, index) => ({ isNumeric, label: `${names[index]}:` }));
  const compiler = new FormatCompiler();
  const members = shape.fields.map((field, index) => ({
    name: field.name,
    label: `${names[join.length + index]}:`,
    format: compiler.compile(field).json,
  }));
  return {
    write: (answers, rows) => {
      let text = "";
      for (const [index, answer] of answers.entries()) {
        const cells = rows?.[index]?.cells ?? [];
        const parts = inputs.map(({ label, isNumeric }, place) =>
          label + formatCell(cells[place] ?? "", isNumeric)
        );
        const values = answer as Readonly<Record<string, unknown>>;
        for (const { name, label, format } of members) {
          const value = values[name];
          parts.push(label + (value === undefined || value === null ? "null" : format(value)));
        }
        text += `{${parts.join(",")}}\n`;
      }
      return text;
    },
    finish: () => "",
  };
}

function formatCell(cell: string, isNumeric: boolean): string {
  if (cell === "") return "null";
  return isNumeric && JSON_NUMBER.test(cell) ? cell : JSON.stringify(cell);
}
