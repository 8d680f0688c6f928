import { formatJson, JsonNumber, type JsonValue } from "../json/json_value.ts";
import { createCellConverter, keepsBlanks, typeName } from "./convert_cell.ts";
import { isValue } from "./convert_json.ts";
import type { FieldTarget } from "./field_target.ts";
import { CellError, quote } from "./tabular_error.ts";

/** Writes a JSON value as the text of a cell. @throws CellError for one that the cell would turn into another value */
export type CellWriter = (value: JsonValue) => string;

/** Creates the writer for the cells of a column, by what they fill; undefined: the column is left out, or unknown. */
export function createCellWriter(target: FieldTarget | undefined): CellWriter {
  if (target === undefined || target.mapKey !== undefined) return textOf;
  const { type, isList } = target;
  // A Value takes whatever JSON there is: `"5"` must not become 5, and null is a value.
  if (isValue(type)) return formatJson;
  // What is read as JSON tells by itself what it does not take.
  if (createCellConverter(type) === undefined) return textOf;
  // In a cell a brace begins the object of a wrapper; a string of JSON is the value.
  const isWrapped = type.kind === "message" && !isList && keepsBlanks(type);
  const isText = (value: JsonValue) =>
    typeof value !== "object" || value instanceof JsonNumber ||
    (type.kind === "message" && value instanceof Map);
  return (value) => {
    if (isWrapped && typeof value === "string" && value.trimStart().startsWith("{")) {
      return formatJson(new Map([["value", value]]));
    }
    const items = isList && Array.isArray(value) ? value : value === null ? [] : [value];
    const odd = items.find((item) => !isText(item));
    if (odd === undefined) return textOf(value);
    const where = isList ? " in a list" : "";
    throw new CellError(`${quote(formatJson(odd))} is no ${typeName(type)}${where}`);
  };
}

function textOf(value: JsonValue): string {
  if (typeof value === "string") return value;
  if (value instanceof JsonNumber) return value.text;
  return value === null ? "" : formatJson(value);
}
