import { type FieldType, type ScalarType } from "../schema/mod.ts";
import type { Message } from "./cell_setter.ts";
import {
  type CellConverter,
  type CellOptions,
  createCellConverter,
  isNumeric,
  keepsBlanks,
  typeName,
} from "./convert_cell.ts";
import { isFieldMask, isValue, JsonConverter } from "./convert_json.ts";
import { type ExactJson, parseExactJson } from "./exact_json.ts";
import type { FieldTarget } from "./field_target.ts";
import { parseList } from "./parse_list.ts";
import { CellError, quote } from "./tabular_error.ts";

/** Creates the converter for the cells of a column: one value, a whole repeated field or a whole map. */
export function createTargetConverter(
  target: Pick<FieldTarget, "type" | "isList" | "mapKey" | "format">,
  options: CellOptions = {},
): CellConverter {
  const { type, isList, mapKey } = target;
  const cell = { ...options, format: target.format ?? options.format };
  if (mapKey !== undefined) return createMapConverter(mapKey, type, cell);
  return isList ? createListConverter(type, cell) : createValueConverter(type, cell);
}

/**
 * Creates the converter for one value of any type: as `createCellConverter()`, and other messages as JSON. A Timestamp,
 * a Duration or a wrapper may be a JSON object as well.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const type = { kind: "scalar", scalar: "int64" } as const;
 * const field = { name: "x", number: 1, type, cardinality: "single", explicitPresence: false } as const;
 * const message = { fullName: "Point", fields: [field] };
 * const convert = createValueConverter({ kind: "message", message });
 * assert.deepEqual(convert('{"x": 9007199254740993}'), { x: "9007199254740993" });
 * ```
 */
export function createValueConverter(type: FieldType, options: CellOptions = {}): CellConverter {
  const plain = createCellConverter(type, options);
  if (plain !== undefined && type.kind !== "message") return plain;
  const json = new JsonConverter(options);
  const convertJson = (text: string) => json.convert(parseJson(text, type), type);
  if (plain !== undefined) {
    return (text) => text.trimStart().startsWith("{") ? convertJson(text) : plain(text);
  }
  if (isFieldMask(type)) {
    return (text) => text.trim().startsWith('"') ? convertJson(text) : json.convert(text, type);
  }
  if (isValue(type)) return (text) => json.convert(parseAnyValue(text), type);
  return convertJson;
}

function createListConverter(type: FieldType, options: CellOptions): CellConverter {
  const convert = createCellConverter(type, options);
  if (convert === undefined || type.kind === "message") {
    const json = new JsonConverter(options);
    const convertJson = (text: string) => json.convertList(parseJson(text, type), type);
    if (convert === undefined) return convertJson;
    const convertItems = createItemsConverter(type, convert, options);
    return (text) => /^\s*\[\s*\{/.test(text) ? convertJson(text) : convertItems(text);
  }
  return createItemsConverter(type, convert, options);
}

function createItemsConverter(
  type: FieldType,
  convert: CellConverter,
  options: CellOptions,
): CellConverter {
  const keepBlanks = keepsBlanks(type);
  // Between the brackets a comma would be a decimal one as well as the end of an item.
  const separator = options.decimal === "," && isNumeric(type) ? ";" : ",";
  return (text) => parseList(text, { keepBlanks, separator }).map((item) => convert(item));
}

/** `k=v;k2=v2`, or a JSON object. */
function createMapConverter(
  mapKey: ScalarType,
  type: FieldType,
  options: CellOptions,
): CellConverter {
  const field = { name: "", number: 0, type, cardinality: "map", mapKey, explicitPresence: false };
  const json = new JsonConverter(options);
  const convertKey = createCellConverter({ kind: "scalar", scalar: mapKey });
  const convertValue = createCellConverter(type, options);
  const keepBlanks = keepsBlanks(type);
  return (text) => {
    if (text.trimStart().startsWith("{") || convertValue === undefined) {
      const object = parseJson(text, type);
      return json.convertMap(object, { ...field, cardinality: "map" });
    }
    const map: Message = Object.create(null);
    for (const entry of text.split(";")) {
      if (entry.trim() === "") continue;
      const split = entry.indexOf("=");
      if (split < 0) {
        throw new CellError(`${quote(entry)} is no entry of a map, as key=value;key=value or JSON`);
      }
      const key = String(convertKey?.(entry.slice(0, split).trim()));
      if (key in map) throw new CellError(`the key "${key}" is there twice`);
      const value = entry.slice(split + 1);
      map[key] = convertValue(keepBlanks ? value : value.trim());
    }
    return map;
  };
}

function parseJson(text: string, type: FieldType): ExactJson {
  try {
    return parseExactJson(text);
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    const name = typeName(type);
    throw new CellError(`${error.message}, in which a cell holds a ${name}`, { cause: error });
  }
}

/** A Value takes any JSON; text that is none, and does not look like it, is a string. */
function parseAnyValue(text: string): ExactJson {
  if (/^\s*["[{]/.test(text)) return parseExactJson(text);
  try {
    return parseExactJson(text);
  } catch {
    return text;
  }
}
