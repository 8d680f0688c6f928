import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue as PlainValue,
  ScalarType,
} from "@bufbuild/protobuf";
import { nearestName } from "../schema/mod.ts";
import type { MessageTypes } from "./create_types.ts";
import { hasOwnForm, typeNameOf } from "./well_known.ts";

/** An object that is being made. */
export interface PlainObject {
  [key: string]: PlainValue;
}

/** An enum with more values than this is not listed whole. */
const MAX_LISTED = 12;

/**
 * Says which member of a message the library does not take, and what it would take: its own errors name the innermost
 * message and field alone. Undefined if each member is right by itself.
 */
export function findFault(
  desc: DescMessage,
  value: PlainValue,
  types: MessageTypes,
): string | undefined {
  const accepts = (message: DescMessage, plain: PlainValue): boolean => {
    try {
      fromJson(message, plain, { registry: types });
      return true;
    } catch {
      return false;
    }
  };
  const inMessage = (message: DescMessage, plain: PlainValue, path: string): string | undefined => {
    if (accepts(message, plain)) return undefined;
    if (message.typeName === "google.protobuf.Any") return inAny(plain, path);
    if (hasOwnForm(message) || !isObject(plain)) {
      return describe(path, plain, wantedMessage(message));
    }
    for (const [key, member] of Object.entries(plain)) {
      const field = message.fields.find(({ name, jsonName }) => name === key || jsonName === key);
      if (field === undefined || accepts(message, { [key]: member })) continue;
      return inField(field, member, path === "" ? key : `${path}.${key}`);
    }
    return inOneof(message, plain, path);
  };
  const inAny = (plain: PlainValue, path: string): string | undefined => {
    if (!isObject(plain)) return undefined;
    const { "@type": url, ...rest } = plain;
    const inner = typeof url === "string" ? types.getMessage(typeNameOf(url)) : undefined;
    if (inner === undefined) return undefined;
    if (!hasOwnForm(inner)) return inMessage(inner, rest, path);
    return inMessage(inner, rest.value ?? null, path === "" ? "value" : `${path}.value`);
  };
  const inField = (field: DescField, plain: PlainValue, path: string): string => {
    const isWhole = (part: PlainValue) => accepts(field.parent, { [field.name]: part });
    if (field.fieldKind === "list" && Array.isArray(plain)) {
      const index = plain.findIndex((item) => !isWhole([item]));
      if (index >= 0) return inSingle(field, plain[index] ?? null, `${path}[${index}]`);
    }
    if (field.fieldKind === "map" && isObject(plain)) {
      for (const [key, item] of Object.entries(plain)) {
        if (isWhole({ [key]: item })) continue;
        const at = `${path}[${JSON.stringify(key)}]`;
        const isKeyRight = fitsKey(field.mapKey, key);
        if (isKeyRight) return inSingle(field, item, at);
        return `${at} has a key that does not fit, want ${wantedScalar(field.mapKey)}`;
      }
    }
    return inSingle(field, plain, path);
  };
  const inSingle = (field: DescField, plain: PlainValue, path: string): string => {
    const inner = field.message === undefined ? undefined : inMessage(field.message, plain, path);
    return inner ?? describe(path, plain, wantedValue(field, plain));
  };
  return inMessage(desc, value, "");
}

/** Members of one oneof, or one field by both of its names. */
function inOneof(message: DescMessage, plain: PlainObject, path: string): string | undefined {
  const where = path === "" ? "the message" : path;
  const seen = new Map<unknown, string>();
  for (const key of Object.keys(plain)) {
    const field = message.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    for (const what of [field, field?.oneof]) {
      if (what === undefined) continue;
      const other = seen.get(what);
      if (other !== undefined) {
        const reason = what === field
          ? "are the same field"
          : `are of the oneof "${field?.oneof?.name}"`;
        return `${where} has both "${other}" and "${key}", which ${reason}: give one of them`;
      }
      seen.set(what, key);
    }
  }
  return undefined;
}

/** The library's own words. */
export function explainFault(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describe(path: string, value: PlainValue, wanted: string): string {
  const text = JSON.stringify(value);
  const found = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return `${path === "" ? "the message" : path} is ${found}, want ${wanted}`;
}

function wantedValue(field: DescField, value: PlainValue): string {
  if (field.enum !== undefined) return wantedEnum(field.enum, value);
  return field.message === undefined ? wantedScalar(field.scalar) : wantedMessage(field.message);
}

function wantedEnum({ values }: DescEnum, value: PlainValue): string {
  const names = values.map(({ name }) => name);
  const nearest = typeof value === "string" ? nearestName(value, names) : undefined;
  const listed = names.slice(0, MAX_LISTED).join(", ") + (names.length > MAX_LISTED ? ", …" : "");
  const hint = nearest === undefined ? "" : `; did you mean "${nearest}"?`;
  return `one of ${listed}, or its number${hint}`;
}

const SCALARS: Readonly<Record<ScalarType, string>> = {
  [ScalarType.DOUBLE]: 'a number, "NaN", "Infinity" or "-Infinity"',
  [ScalarType.FLOAT]: 'a number of 32 bits, "NaN", "Infinity" or "-Infinity"',
  [ScalarType.INT64]: "an integer of 64 bits",
  [ScalarType.UINT64]: "an integer of 64 bits from 0 up",
  [ScalarType.INT32]: "an integer of 32 bits",
  [ScalarType.FIXED64]: "an integer of 64 bits from 0 up",
  [ScalarType.FIXED32]: "an integer of 32 bits from 0 up",
  [ScalarType.BOOL]: "true or false",
  [ScalarType.STRING]: "text in quotes",
  [ScalarType.BYTES]: "base64 in quotes",
  [ScalarType.UINT32]: "an integer of 32 bits from 0 up",
  [ScalarType.SFIXED32]: "an integer of 32 bits",
  [ScalarType.SFIXED64]: "an integer of 64 bits",
  [ScalarType.SINT32]: "an integer of 32 bits",
  [ScalarType.SINT64]: "an integer of 64 bits",
};

function wantedScalar(scalar: ScalarType | undefined): string {
  return scalar === undefined ? "another value" : SCALARS[scalar];
}

const MESSAGES: Readonly<Record<string, string>> = {
  Timestamp: 'a time from year 1 to 9999, as in "2026-01-31T12:00:00.5Z"',
  Duration: 'a duration of at most 10000 years, as in "1.5s"',
  FieldMask: 'names in lowerCamelCase with commas between them, as in "id,site.name"',
  Struct: "an object",
  ListValue: "an array",
  Value: "a value that JSON can hold",
};

function wantedMessage(desc: DescMessage): string {
  const name = desc.typeName.replace(/^google\.protobuf\./, "");
  const own = name === desc.typeName ? undefined : MESSAGES[name];
  if (own !== undefined) return own;
  return hasOwnForm(desc) ? wantedScalar(desc.fields[0]?.scalar) : `an object (${desc.typeName})`;
}

/** Whether the key of a map is of its type. */
function fitsKey(type: ScalarType, key: string): boolean {
  if (type === ScalarType.STRING) return true;
  if (type === ScalarType.BOOL) return key === "true" || key === "false";
  return /^-?\d+$/.test(key) && WITHIN[type]?.(BigInt(key)) !== false;
}

const signed = (bits: number) => (key: bigint) => BigInt.asIntN(bits, key) === key;
const unsigned = (bits: number) => (key: bigint) => BigInt.asUintN(bits, key) === key;

const WITHIN: Partial<Record<ScalarType, (key: bigint) => boolean>> = {
  [ScalarType.INT32]: signed(32),
  [ScalarType.SINT32]: signed(32),
  [ScalarType.SFIXED32]: signed(32),
  [ScalarType.UINT32]: unsigned(32),
  [ScalarType.FIXED32]: unsigned(32),
  [ScalarType.INT64]: signed(64),
  [ScalarType.SINT64]: signed(64),
  [ScalarType.SFIXED64]: signed(64),
  [ScalarType.UINT64]: unsigned(64),
  [ScalarType.FIXED64]: unsigned(64),
};

function isObject(value: PlainValue): value is PlainObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
