import protobuf from "protobufjs";
import { describeOptions } from "./descriptor_options.ts";

/** Part of a descriptor, as its codec encodes it. */
export type Encodable = Readonly<Record<string, unknown>>;

/** What the name of a type stands for. */
export interface ResolvedType {
  readonly fullName: string;
  readonly kind: "message" | "group" | "enum";
}

/** Finds the type that a name means where it is used. */
export type ResolveType = (typeName: string, scope: string) => ResolvedType;

/** The largest numbers of a field and of an enum; `max` stands for them in ranges. */
const MAX_FIELD_NUMBER = 536_870_911;
const MAX_ENUM_NUMBER = 2_147_483_647;

/** `google.protobuf.DescriptorProto` of a message and what is in it. */
export function describeMessage(
  type: protobuf.Type,
  scope: string,
  resolve: ResolveType,
): Encodable {
  const fullName = joinNames(scope, type.name);
  // A field that is an extension of this message, but declared elsewhere, is protobufjs's own note.
  const fields = type.fieldsArray.filter((field) => field.declaringField === null);
  // Those that stand for `optional` come last.
  const oneofs = [
    ...type.oneofsArray.filter((oneof) => !isSynthetic(oneof)),
    ...type.oneofsArray.filter(isSynthetic),
  ];
  const { nestedType, enumType, extension } = describeNested(type, fullName, resolve);
  const entries = fields.filter((field) => field instanceof protobuf.MapField)
    .map((field) => describeEntry(field, fullName, resolve));
  return {
    name: type.name,
    field: fields.map((field) => ({
      ...describeField(field, fullName, resolve),
      ...(field.partOf === null ? {} : { oneofIndex: oneofs.indexOf(field.partOf) }),
    })),
    nestedType: [...nestedType, ...entries],
    enumType,
    extension,
    oneofDecl: oneofs.map(({ name, options }) => ({
      name,
      ...describeOptions("oneof", options),
    })),
    extensionRange: describeRanges(type.extensions).map(([start, end]) => ({
      start,
      end: end + 1,
    })),
    reservedRange: describeRanges(type.reserved).map(([start, end]) => ({ start, end: end + 1 })),
    reservedName: describeReservedNames(type.reserved),
    ...describeOptions("message", type.options),
  };
}

/** The messages, enums and extensions of a file or a message. */
export function describeNested(
  namespace: protobuf.NamespaceBase,
  scope: string,
  resolve: ResolveType,
) {
  const nested = namespace.nestedArray;
  return {
    nestedType: nested.filter((object) => object instanceof protobuf.Type)
      .map((type) => describeMessage(type, scope, resolve)),
    enumType: nested.filter((object) => object instanceof protobuf.Enum).map(describeEnum),
    extension: nested.filter((object) => object instanceof protobuf.Field)
      .map((field) => describeField(field, scope, resolve)),
  };
}

/** `google.protobuf.FieldDescriptorProto` of a field or an extension, but for the oneof that it is in. */
function describeField(
  field: protobuf.Field,
  scope: string,
  resolve: ResolveType,
): Encodable {
  const isMap = field instanceof protobuf.MapField;
  const type = isMap
    ? { type: "TYPE_MESSAGE", typeName: `.${scope}.${entryName(field.name)}` }
    : describeType(field.type, scope, resolve);
  // A group's field has the name of its message.
  const name = type.type === "TYPE_GROUP" ? field.name.toLowerCase() : field.name;
  const jsonName = field.options?.json_name;
  const defaultValue = field.options?.default;
  return {
    name,
    number: field.id,
    label: isMap || field.repeated
      ? "LABEL_REPEATED"
      : field.toJSON().rule === "required"
      ? "LABEL_REQUIRED"
      : "LABEL_OPTIONAL",
    ...type,
    jsonName: typeof jsonName === "string" ? jsonName : toJsonName(name),
    ...(field.extend === undefined
      ? {}
      : { extendee: `.${resolve(field.extend, scope).fullName}` }),
    ...(defaultValue === undefined
      ? {}
      : { defaultValue: formatDefault(defaultValue, field.type) }),
    ...(field.options?.proto3_optional === true ? { proto3Optional: true } : {}),
    ...describeOptions("field", field.options),
  };
}

function describeType(name: string, scope: string, resolve: ResolveType) {
  if (SCALARS.has(name)) return { type: `TYPE_${name.toUpperCase()}` };
  const { fullName, kind } = resolve(name, scope);
  return { type: `TYPE_${kind.toUpperCase()}`, typeName: `.${fullName}` };
}

const SCALARS: ReadonlySet<string> = new Set([
  "double",
  "float",
  "int32",
  "int64",
  "uint32",
  "uint64",
  "sint32",
  "sint64",
  "fixed32",
  "fixed64",
  "sfixed32",
  "sfixed64",
  "bool",
  "string",
  "bytes",
]);

/** The message that stands for the entries of a map. */
function describeEntry(
  field: protobuf.MapField,
  scope: string,
  resolve: ResolveType,
): Encodable {
  const member = (name: string, number: number, type: string) => ({
    name,
    number,
    label: "LABEL_OPTIONAL",
    ...describeType(type, scope, resolve),
    jsonName: name,
  });
  return {
    name: entryName(field.name),
    field: [member("key", 1, field.keyType), member("value", 2, field.type)],
    options: { mapEntry: true },
  };
}

/** `google.protobuf.EnumDescriptorProto`. */
function describeEnum({ name, values, valuesOptions, options, reserved }: protobuf.Enum) {
  return {
    name,
    value: Object.entries(values).map(([value, number]) => ({
      name: value,
      number,
      ...describeOptions("enumValue", valuesOptions?.[value]),
    })),
    ...describeOptions("enum", options),
    // Unlike those of a message, these ranges have their end in them.
    reservedRange: describeRanges(reserved).map(([start, end]) => ({
      start,
      end: end === MAX_FIELD_NUMBER ? MAX_ENUM_NUMBER : end,
    })),
    reservedName: describeReservedNames(reserved),
  };
}

/** An `optional` of proto3 is a oneof of one member. */
function isSynthetic({ fieldsArray: [only] }: protobuf.OneOf): boolean {
  return only?.options?.proto3_optional === true;
}

type Reserved = readonly (readonly number[] | string)[] | undefined;

function describeRanges(reserved: Reserved): [start: number, end: number][] {
  return (reserved ?? []).flatMap((range) => {
    if (typeof range === "string") return [];
    const [start = 0, end = start] = range;
    return [[start, end]];
  });
}

function describeReservedNames(reserved: Reserved): string[] {
  return (reserved ?? []).filter((range) => typeof range === "string");
}

/** As protoc writes it: text as it is, octets with escapes. */
function formatDefault(value: unknown, type: string): string {
  const text = String(value);
  if (text === "Infinity" || text === "-Infinity") return text.replace("Infinity", "inf");
  if (text === "NaN") return "nan";
  if (type !== "bytes") return text;
  return Array.from(new TextEncoder().encode(text), escapeOctet).join("");
}

function escapeOctet(octet: number): string {
  const character = String.fromCharCode(octet);
  const named = ESCAPES.get(character);
  if (named !== undefined) return named;
  const isPlain = octet >= 0x20 && octet < 0x7f;
  return isPlain ? character : `\\${octet.toString(8).padStart(3, "0")}`;
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
  ['"', '\\"'],
  ["'", "\\'"],
  ["\\", "\\\\"],
]);

/** `station_ids` to `StationIdsEntry`. */
function entryName(field: string): string {
  return `${capitalize(toJsonName(field))}Entry`;
}

/** As protoc does it: an underscore makes the next character a capital and disappears. */
function toJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

function capitalize(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export function joinNames(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
