import { Buffer } from "node:buffer";
import type { FieldShape, FieldType, MessageShape, ScalarType } from "../schema/mod.ts";
import { formatDouble, formatFloat } from "./format_number.ts";
import {
  formatFieldMask,
  formatListValue,
  formatStruct,
  formatStructValue,
} from "./format_struct.ts";
import { formatDuration, formatTimestamp } from "./format_time.ts";
import { isRecord } from "./is_record.ts";
import { WRAPPER_TYPES } from "./wrapper_types.ts";

/** Writes a decoded value as text; unset (undefined, null) is never passed. */
export type ValueFormat = (value: unknown) => string;

/** How a type is written in a cell and in JSON. */
export interface ValueFormats {
  readonly text: ValueFormat;
  readonly json: ValueFormat;
  /** Whether the text is a number, so that a table aligns it to the right. */
  readonly isNumeric: boolean;
  /** Whether the text can hold any character, so that CSV may have to quote it. */
  readonly isFree: boolean;
}

const asText: ValueFormat = (value) => `${value}`;
const asJson: ValueFormat = (value) => JSON.stringify(`${value}`);
const asFloat: ValueFormat = (value) => typeof value === "number" ? formatFloat(value) : `${value}`;
const asDouble: ValueFormat = (value) =>
  typeof value === "number" ? formatDouble(value) : `${value}`;
const asBase64: ValueFormat = (value) =>
  value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64")
    : `${value}`;

/** JSON has no word for NaN and the infinities; proto3 JSON writes them as strings. */
function orString(format: ValueFormat): ValueFormat {
  return (value) => Number.isFinite(value) ? format(value) : `"${format(value)}"`;
}

function quoted(format: ValueFormat): ValueFormat {
  return (value) => `"${format(value)}"`;
}

const SMALL_INTEGER = { text: asText, json: asText, isNumeric: true, isFree: false };
/** A string in JSON, as proto3 JSON has it: most readers would round a number. */
const LARGE_INTEGER = { text: asText, json: quoted(asText), isNumeric: true, isFree: false };

/** How each scalar type is written. */
const SCALAR_FORMATS = {
  double: { text: asDouble, json: orString(asDouble), isNumeric: true, isFree: false },
  float: { text: asFloat, json: orString(asFloat), isNumeric: true, isFree: false },
  int32: SMALL_INTEGER,
  sint32: SMALL_INTEGER,
  sfixed32: SMALL_INTEGER,
  uint32: SMALL_INTEGER,
  fixed32: SMALL_INTEGER,
  int64: LARGE_INTEGER,
  sint64: LARGE_INTEGER,
  sfixed64: LARGE_INTEGER,
  uint64: LARGE_INTEGER,
  fixed64: LARGE_INTEGER,
  bool: { text: asText, json: asText, isNumeric: false, isFree: false },
  string: { text: asText, json: asJson, isNumeric: false, isFree: true },
  bytes: { text: asBase64, json: quoted(asBase64), isNumeric: false, isFree: false },
} as const satisfies Record<ScalarType, ValueFormats>;

const ENUM_FORMATS: ValueFormats = {
  text: asText,
  // A number that the enum does not list stays a number.
  json: (value) => typeof value === "number" ? `${value}` : asJson(value),
  isNumeric: false,
  isFree: false,
};

/** Messages that stand for any JSON. */
const JSON_MESSAGES: ReadonlyMap<string, (value: unknown, message: MessageShape) => string> =
  new Map([
    ["google.protobuf.Struct", formatStruct],
    ["google.protobuf.Value", formatStructValue],
    ["google.protobuf.ListValue", formatListValue],
  ]);

/** The messages that are written as one value, as in proto3 JSON; undefined for others. */
export function wellKnownFormats(message: MessageShape): ValueFormats | undefined {
  const { fullName } = message;
  if (fullName === "google.protobuf.Timestamp") {
    const json = quoted(formatTimestamp);
    return { text: formatTimestamp, json, isNumeric: false, isFree: false };
  }
  if (fullName === "google.protobuf.Duration") {
    return { text: formatDuration, json: quoted(formatDuration), isNumeric: false, isFree: false };
  }
  const jsonFormat = JSON_MESSAGES.get(fullName);
  if (jsonFormat !== undefined) {
    const json: ValueFormat = (value) => jsonFormat(value, message);
    return { text: json, json, isNumeric: false, isFree: true };
  }
  if (fullName === "google.protobuf.FieldMask") {
    const text: ValueFormat = (value) => formatFieldMask(value, message);
    return { text, json: (value) => JSON.stringify(text(value)), isNumeric: false, isFree: true };
  }
  const wrapped = WRAPPER_TYPES.get(fullName);
  if (wrapped === undefined) return undefined;
  const formats: ValueFormats = SCALAR_FORMATS[wrapped];
  const unwrap = (value: unknown) => isRecord(value) ? value["value"] : value;
  return {
    ...formats,
    text: (value) => formats.text(unwrap(value)),
    json: (value) => formats.json(unwrap(value)),
  };
}

/** Creates the formats of field types; those of one message are compiled once, also if it is recursive. */
export class FormatCompiler {
  readonly #messages = new Map<MessageShape, ValueFormat>();

  /** How a field is written, whatever its cardinality: repeated fields, maps and messages as JSON. */
  compile(field: FieldShape): ValueFormats {
    const single = this.compileType(field.type);
    if (field.cardinality === "single") return single;
    const json = field.cardinality === "repeated"
      ? listFormat(single.json)
      : mapFormat(single.json);
    return { text: json, json, isNumeric: false, isFree: true };
  }

  compileType(type: FieldType): ValueFormats {
    if (type.kind === "scalar") return SCALAR_FORMATS[type.scalar];
    if (type.kind === "enum") return ENUM_FORMATS;
    const wellKnown = wellKnownFormats(type.message);
    if (wellKnown !== undefined) return wellKnown;
    const { message } = type;
    const json: ValueFormat = (value) => this.compileMessage(message)(value);
    return { text: json, json, isNumeric: false, isFree: true };
  }

  /** A JSON object with every field in field-number order; what is unset is null. */
  compileMessage(message: MessageShape): ValueFormat {
    const compiled = this.#messages.get(message);
    if (compiled !== undefined) return compiled;
    const members = message.fields.map((field, place) => ({
      name: field.name,
      label: `${place === 0 ? "{" : ","}${JSON.stringify(field.name)}:`,
      format: this.compile(field).json,
    }));
    const format: ValueFormat = (value) => {
      if (!isRecord(value)) return "null";
      let text = members.length === 0 ? "{" : "";
      for (const { name, label, format } of members) {
        const member = value[name];
        text += label;
        text += member === undefined || member === null ? "null" : format(member);
      }
      return `${text}}`;
    };
    this.#messages.set(message, format);
    return format;
  }
}

function listFormat(item: ValueFormat): ValueFormat {
  return (value) => {
    if (!Array.isArray(value)) return "[]";
    return `[${value.map((element) => item(element)).join(",")}]`;
  };
}

function mapFormat(item: ValueFormat): ValueFormat {
  return (value) => {
    if (!isRecord(value)) return "{}";
    const entries = Object.entries(value).map(([name, element]) =>
      `${JSON.stringify(name)}:${item(element)}`
    );
    return `{${entries.join(",")}}`;
  };
}
