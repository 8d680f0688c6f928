import type { FieldShape, FieldType, MessageShape } from "../schema/mod.ts";
import type { Message } from "./cell_setter.ts";
import { type CellOptions, createCellConverter, typeName } from "./convert_cell.ts";
import { type ExactJson, ExactNumber, isJsonObject, quoteJson } from "./exact_json.ts";
import { findField } from "./find_field.ts";
import { CellError } from "./tabular_error.ts";

/** Where in a cell a value stands, for messages: `stations[1].no2`; empty for the whole cell. */
type Place = string;

/**
 * Turns JSON values into what `@grpc/proto-loader` serializes, in the JSON mapping of protobuf, and with every spelling
 * that cells have. Numbers keep their digits.
 */
export class JsonConverter {
  /** In JSON decimals have a point, and text says what it is. */
  readonly #options: CellOptions;

  constructor(options: CellOptions = {}) {
    this.#options = { readFile: options.readFile, format: options.format };
  }

  /** @throws {CellError} if the value is none of the field's */
  convertField(json: ExactJson, field: FieldShape, place: Place = ""): unknown {
    const { cardinality, type } = field;
    if (cardinality === "single") return this.convert(json, type, place);
    return cardinality === "repeated"
      ? this.convertList(json, type, place)
      : this.convertMap(json, field, place);
  }

  /** @throws {CellError} if the value is no list of the type */
  convertList(json: ExactJson, type: FieldType, place: Place = ""): unknown[] {
    if (!Array.isArray(json)) throw mismatch(json, `a list of ${typeName(type)}`, place);
    return json.map((item, index) => this.convert(item, type, `${place}[${index}]`));
  }

  /** @throws {CellError} if the value is no object whose members are entries of the map */
  convertMap(json: ExactJson, { type, mapKey = "string" }: FieldShape, place: Place = ""): Message {
    if (!isJsonObject(json)) throw mismatch(json, "an object of entries", place);
    const convertKey = createCellConverter({ kind: "scalar", scalar: mapKey });
    // The keys come from the user: `__proto__` must be a key like any other.
    const map: Message = Object.create(null);
    for (const [name, value] of Object.entries(json)) {
      const inner = `${place}[${name}]`;
      const key = String(at(inner, () => convertKey?.(name)));
      map[key] = this.convert(value, type, inner);
    }
    return map;
  }

  /** @throws {CellError} if the value is not of the type */
  convert(json: ExactJson, type: FieldType, place: Place = ""): unknown {
    if (type.kind === "message") {
      const special = SPECIAL_TYPES.get(type.message.fullName);
      if (special !== undefined) return special(json, type.message, place);
      if (isJsonObject(json)) return this.#convertMessage(json, type.message, place);
    }
    const convert = createCellConverter(type, this.#options);
    if (convert === undefined) throw mismatch(json, `a ${typeName(type)} in JSON`, place);
    const isText = type.kind === "scalar" && type.scalar === "string";
    if (typeof json === "string" || (json instanceof ExactNumber && !isText)) {
      return at(place, () => convert(typeof json === "string" ? json : json.text));
    }
    if (typeof json === "boolean" && isBool(type)) return convert(`${json}`);
    throw mismatch(json, `a ${typeName(type)}`, place);
  }

  #convertMessage(
    json: { readonly [name: string]: ExactJson },
    message: MessageShape,
    place: Place,
  ): Message {
    const converted: Message = {};
    const members = new Map<string, string>();
    for (const [name, value] of Object.entries(json)) {
      const field = findField(message, name);
      if (field === undefined) {
        const type = typeName({ kind: "message", message });
        throw new CellError(`${type} has no field "${name}"${where(place)}`);
      }
      // As in the JSON mapping: null is an unset field, but for a Value, where it is a value.
      if (value === null && !isValue(field.type)) continue;
      if (field.name in converted) {
        throw new CellError(`the field "${field.name}" is there twice${where(place)}`);
      }
      if (field.oneof !== undefined) {
        const rival = members.get(field.oneof);
        if (rival !== undefined) {
          throw new CellError(
            `"${field.name}" and "${rival}" are of one oneof, but both have a value${where(place)}`,
          );
        }
        members.set(field.oneof, field.name);
      }
      const inner = place === "" ? field.name : `${place}.${field.name}`;
      converted[field.name] = this.convertField(value, field, inner);
    }
    return converted;
  }
}

/** The messages whose JSON is not an object of their fields, beside those that a plain cell can hold. */
const SPECIAL_TYPES: ReadonlyMap<
  string,
  (json: ExactJson, message: MessageShape, place: Place) => Message
> = new Map([
  ["google.protobuf.Struct", convertStruct],
  ["google.protobuf.Value", convertStructValue],
  ["google.protobuf.ListValue", convertListValue],
  ["google.protobuf.FieldMask", convertFieldMask],
]);

/** Whether a cell of the type need not be JSON, although no plain converter reads it. */
export function isFieldMask(type: FieldType): boolean {
  return type.kind === "message" && type.message.fullName === "google.protobuf.FieldMask";
}

/** Whether a type is `google.protobuf.Value`, which takes any JSON. */
export function isValue(type: FieldType): boolean {
  return type.kind === "message" && type.message.fullName === "google.protobuf.Value";
}

function convertStruct(json: ExactJson, message: MessageShape, place: Place): Message {
  if (!isJsonObject(json)) throw mismatch(json, "an object", place);
  const field = fieldNumbered(message, 1);
  const value = messageOf(field);
  const fields: Message = Object.create(null);
  for (const [name, member] of Object.entries(json)) {
    fields[name] = convertStructValue(member, value, `${place}.${name}`);
  }
  return { [field.name]: fields };
}

function convertListValue(json: ExactJson, message: MessageShape, place: Place): Message {
  if (!Array.isArray(json)) throw mismatch(json, "a list", place);
  const field = fieldNumbered(message, 1);
  const value = messageOf(field);
  return {
    [field.name]: json.map((item, index) => convertStructValue(item, value, `${place}[${index}]`)),
  };
}

/** `google/protobuf/struct.proto`; the names of its fields differ between schemas, their numbers do not. */
function convertStructValue(json: ExactJson, message: MessageShape, place: Place): Message {
  const nameOf = (number: number) => fieldNumbered(message, number).name;
  if (json === null) return { [nameOf(1)]: 0 };
  if (typeof json === "string") return { [nameOf(3)]: json };
  if (typeof json === "boolean") return { [nameOf(4)]: json };
  if (json instanceof ExactNumber) {
    const convert = createCellConverter({ kind: "scalar", scalar: "double" });
    return { [nameOf(2)]: at(place, () => convert?.(json.text)) };
  }
  const isList = Array.isArray(json);
  const field = fieldNumbered(message, isList ? 6 : 5);
  const convert = isList ? convertListValue : convertStruct;
  return { [field.name]: convert(json, messageOf(field), place) };
}

function convertFieldMask(json: ExactJson, message: MessageShape, place: Place): Message {
  if (typeof json !== "string") throw mismatch(json, 'a FieldMask, as "a,b.c"', place);
  const paths = json.split(/[,;]/).map((path) => path.trim()).filter((path) => path !== "");
  return { [fieldNumbered(message, 1).name]: paths };
}

function fieldNumbered(message: MessageShape, number: number): FieldShape {
  const field = message.fields.find((candidate) => candidate.number === number);
  if (field !== undefined) return field;
  throw new TypeError(`Cannot use "${message.fullName}": it has no field ${number}`);
}

function messageOf({ name, type }: FieldShape): MessageShape {
  if (type.kind === "message") return type.message;
  throw new TypeError(`Cannot use the field "${name}": it is no message`);
}

function isBool(type: FieldType): boolean {
  return typeName(type) === "bool" || typeName(type) === "BoolValue";
}

function mismatch(json: ExactJson, wanted: string, place: Place): CellError {
  return new CellError(`${quoteJson(json)} is not ${wanted}${where(place)}`);
}

function where(place: Place): string {
  return place === "" ? "" : ` in "${place.replace(/^\./, "")}"`;
}

/** Runs a conversion and says where it failed. */
function at<Value>(place: Place, convert: () => Value): Value {
  try {
    return convert();
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    throw new CellError(`${error.message}${where(place)}`, { cause: error });
  }
}
