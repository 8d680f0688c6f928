import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue as PlainValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { nearestName } from "../schema/mod.ts";
import type { MessageTypes } from "./create_types.ts";
import { exactInteger } from "./exact_integer.ts";
import { explainFault, findFault, type PlainObject } from "./find_fault.ts";
import { JsonError, UnknownTypeError } from "./json_error.ts";
import { isJsonArray, JsonNumber, type JsonObject, type JsonValue } from "./json_value.ts";
import { hasOwnForm, isLongWrapper, typeNameOf } from "./well_known.ts";

/**
 * Makes a message of its canonical JSON form; fields by their names in the `.proto` or in lowerCamelCase.
 *
 * @throws JsonError with the path of what does not fit, what was found and what is wanted; UnknownTypeError for an `Any`
 * of a type that is none of `types`
 *
 * Source: protobuf.dev/programming-guides/json
 */
export function decodeJson(desc: DescMessage, value: JsonValue, types: MessageTypes): Message {
  const plain = new Converter(types).message(desc, value, "");
  try {
    return fromJson(desc, plain, { registry: types });
  } catch (cause) {
    const fault = findFault(desc, plain, types);
    throw new JsonError(fault ?? explainFault(cause), { cause });
  }
}

/** Makes of JSON what the library takes, and finds what is wrong with its structure on the way. */
class Converter {
  readonly #types: MessageTypes;

  constructor(types: MessageTypes) {
    this.#types = types;
  }

  message(desc: DescMessage, value: JsonValue, path: string): PlainValue {
    if (desc.typeName === "google.protobuf.Any") return this.#any(value, path);
    if (hasOwnForm(desc)) {
      return isLongWrapper(desc) ? longValue(value, path) : plainValue(value, path);
    }
    if (!(value instanceof Map)) throw wrongShape(path, value, `an object (${desc.typeName})`);
    const plain: PlainObject = {};
    for (const [key, member] of value) {
      const field = this.#field(desc, key);
      if (field === undefined) throw unknownField(desc, key, path);
      setMember(plain, key, this.#fieldValue(field, member, joinPath(path, key)));
    }
    return plain;
  }

  #field(desc: DescMessage, key: string): DescField | undefined {
    const own = desc.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    if (own !== undefined || !/^\[.*\]$/.test(key)) return own;
    const extension = this.#types.getExtension(key.slice(1, -1));
    // An extension is read like a field, but for what it belongs to.
    return extension?.extendee.typeName === desc.typeName
      ? extension as unknown as DescField
      : undefined;
  }

  #fieldValue(field: DescField, value: JsonValue, path: string): PlainValue {
    // In a Value, and in the enum that stands for null, null is a value; elsewhere it leaves the field unset.
    if (value === null) return null;
    if (field.fieldKind === "list") {
      if (!isJsonArray(value)) throw wrongShape(path, value, "an array");
      return value.map((item, index) => this.#single(field, item, `${path}[${index}]`));
    }
    if (field.fieldKind === "map") {
      if (!(value instanceof Map)) throw wrongShape(path, value, "an object (a map)");
      const plain: PlainObject = {};
      for (const [key, item] of value) {
        setMember(plain, key, this.#single(field, item, `${path}[${JSON.stringify(key)}]`));
      }
      return plain;
    }
    return this.#single(field, value, path);
  }

  #single(field: DescField, value: JsonValue, path: string): PlainValue {
    if (field.message !== undefined) return this.message(field.message, value, path);
    return isLong(field.scalar) ? longValue(value, path) : plainValue(value, path);
  }

  #any(value: JsonValue, path: string): PlainValue {
    if (!(value instanceof Map)) throw wrongShape(path, value, 'an object with "@type" (an Any)');
    if (value.size === 0) return {};
    const url = value.get("@type");
    if (typeof url !== "string") {
      throw new JsonError(
        `${joinPath(path, "@type")} is missing, want the type of the message, ` +
          `as in "type.googleapis.com/google.protobuf.Duration"`,
      );
    }
    const desc = this.#types.getMessage(typeNameOf(url));
    if (desc === undefined) throw this.#unknownType(url, path);
    const rest = new Map([...value].filter(([key]) => key !== "@type"));
    if (hasOwnForm(desc)) {
      checkOwnForm(rest, desc, path);
      const inner = this.message(desc, rest.get("value") ?? null, joinPath(path, "value"));
      return { "@type": url, value: inner };
    }
    // Other programs put even this one under "value".
    if (desc.typeName === "google.protobuf.Empty") rest.delete("value");
    return { "@type": url, ...this.message(desc, rest, path) as PlainObject };
  }

  #unknownType(url: string, path: string): UnknownTypeError {
    const name = typeNameOf(url);
    const names = [...this.#types].filter(({ kind }) => kind === "message");
    const nearest = nearestName(name, names.map(({ typeName }) => typeName));
    const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
    return new UnknownTypeError(
      `${joinPath(path, "@type")} is ${JSON.stringify(url)}, which is not known${hint}`,
      name,
    );
  }
}

/** What is around the JSON of a well-known type within an `Any`. */
function checkOwnForm(members: JsonObject, desc: DescMessage, path: string): void {
  const stranger = [...members.keys()].find((key) => key !== "value");
  if (stranger === undefined && members.has("value")) return;
  throw new JsonError(
    `${joinPath(path, stranger ?? "value")} is ${
      stranger === undefined ? "missing" : "unknown"
    }: ` +
      `a ${desc.typeName} in an Any is {"@type": …, "value": …}`,
  );
}

function isLong(scalar: ScalarType | undefined): boolean {
  return scalar === ScalarType.INT64 || scalar === ScalarType.UINT64 ||
    scalar === ScalarType.FIXED64 || scalar === ScalarType.SFIXED64 ||
    scalar === ScalarType.SINT64;
}

/** A 64-bit integer travels as text, so that none is rounded. */
function longValue(value: JsonValue, path: string): PlainValue {
  const exact = value instanceof JsonNumber ? exactInteger(value.text) : undefined;
  return exact ?? plainValue(value, path);
}

function plainValue(value: JsonValue, path: string): PlainValue {
  if (value instanceof JsonNumber) {
    const number = Number(value.text);
    if (Number.isFinite(number)) return number;
    throw new JsonError(
      `${namePath(path)} is ${value.text}, which is beyond all numbers of 64 bits`,
    );
  }
  if (isJsonArray(value)) return value.map((item, index) => plainValue(item, `${path}[${index}]`));
  if (!(value instanceof Map)) return value as PlainValue;
  const plain: PlainObject = {};
  for (const [key, member] of value) {
    setMember(plain, key, plainValue(member, joinPath(path, key)));
  }
  return plain;
}

/** Also for a key that objects have a meaning of their own for. */
function setMember(object: PlainObject, key: string, value: PlainValue): void {
  Object.defineProperty(object, key, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
}

function joinPath(path: string, key: string): string {
  const isPlain = /^[\w@]+$/.test(key);
  if (!isPlain) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}

function namePath(path: string): string {
  return path === "" ? "the message" : path;
}

function wrongShape(path: string, value: JsonValue, wanted: string): JsonError {
  return new JsonError(`${namePath(path)} is ${nameShape(value)}, want ${wanted}`);
}

function nameShape(value: JsonValue): string {
  if (value === null) return "null";
  if (value instanceof JsonNumber) return value.text;
  if (value instanceof Map) return "an object";
  if (isJsonArray(value)) return "an array";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function unknownField(desc: DescMessage, key: string, path: string): JsonError {
  const names = desc.fields.flatMap(({ name, jsonName }) => [name, jsonName]);
  const nearest = nearestName(key, names) ?? nearestName(protoCamelCase(key), names);
  const listed = desc.fields.slice(0, 20).map(({ name }) => name).join(", ");
  const hint = nearest !== undefined
    ? `did you mean "${nearest}"?`
    : desc.fields.length === 0
    ? "it has none"
    : `it has ${listed}${desc.fields.length > 20 ? ", …" : ""}`;
  return new JsonError(
    `${joinPath(path, key)} is no field of ${desc.typeName}: ${hint}`,
  );
}
