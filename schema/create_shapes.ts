import {
  type EnumDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
  isEntryOf,
  type MessageDescriptor,
} from "./file_descriptor.ts";
import type {
  EnumShape,
  FieldShape,
  FieldType,
  MessageShape,
  ScalarType,
} from "./message_shape.ts";
import { SchemaError } from "./schema_error.ts";

/** `FieldDescriptorProto.Type` to the word in a `.proto`; messages, groups and enums are not scalars. */
const SCALAR_TYPES: Readonly<Record<string, ScalarType>> = {
  TYPE_DOUBLE: "double",
  TYPE_FLOAT: "float",
  TYPE_INT32: "int32",
  TYPE_INT64: "int64",
  TYPE_UINT32: "uint32",
  TYPE_UINT64: "uint64",
  TYPE_SINT32: "sint32",
  TYPE_SINT64: "sint64",
  TYPE_FIXED32: "fixed32",
  TYPE_FIXED64: "fixed64",
  TYPE_SFIXED32: "sfixed32",
  TYPE_SFIXED64: "sfixed64",
  TYPE_BOOL: "bool",
  TYPE_STRING: "string",
  TYPE_BYTES: "bytes",
};

interface MessageEntry {
  readonly descriptor: MessageDescriptor;
  /** Filled after all entries exist, so that recursive messages can refer to themselves. */
  readonly shape: { readonly fullName: string; readonly fields: FieldShape[] };
}

/** Everything that the files define, by full name without a leading dot. */
interface Index {
  readonly messages: Map<string, MessageEntry>;
  /** What stands for the entries of map fields; nobody can name it, and its name may be that of a message. */
  readonly entries: Map<string, MessageEntry>;
  readonly enums: Map<string, EnumShape>;
  readonly jsonNames: ReadonlyMap<string, string>;
}

/** Options of `createShapes()`. */
export interface CreateShapesOptions {
  /** Whether extension fields are listed, under the name that the loader gives them: `.pkg.name`. Default false. */
  readonly extensions?: boolean;
  /** The names that fields are given in JSON, by full name; default none. See `readJsonNames()`. */
  readonly jsonNames?: ReadonlyMap<string, string>;
}

/**
 * Builds the shape of every message in `files`, by full name without a leading dot.
 *
 * @throws {SchemaError} if a field's type is in none of the files
 */
export function createShapes(
  files: Iterable<FileDescriptor>,
  options: CreateShapesOptions = {},
): ReadonlyMap<string, MessageShape> {
  const { jsonNames = new Map() } = options;
  const index: Index = { messages: new Map(), entries: new Map(), enums: new Map(), jsonNames };
  for (const file of files) {
    const scope = file.package ?? "";
    for (const message of file.messageType ?? []) addMessage(index, scope, message);
    for (const shape of file.enumType ?? []) addEnum(index, scope, shape);
  }
  const shapes = new Map<string, MessageShape>();
  for (const [fullName, { descriptor, shape }] of index.messages) {
    for (const field of descriptor.field ?? []) {
      // Extensions are listed among the fields as ".pkg.name"; no column or flag can name them.
      if (options.extensions === true || !field.name.startsWith(".")) {
        shape.fields.push(createField(index, fullName, descriptor, field));
      }
    }
    shape.fields.sort((left, right) => left.number - right.number);
    shapes.set(fullName, shape);
  }
  return shapes;
}

function addMessage(index: Index, scope: string, descriptor: MessageDescriptor): void {
  const fullName = join(scope, descriptor.name);
  const entries = descriptor.options?.mapEntry === true ? index.entries : index.messages;
  entries.set(fullName, { descriptor, shape: { fullName, fields: [] } });
  for (const nested of descriptor.nestedType ?? []) addMessage(index, fullName, nested);
  for (const nested of descriptor.enumType ?? []) addEnum(index, fullName, nested);
}

function addEnum(index: Index, scope: string, descriptor: EnumDescriptor): void {
  const fullName = join(scope, descriptor.name);
  const values = (descriptor.value ?? []).map(({ name, number }) => ({
    name,
    number: number ?? 0,
  }));
  index.enums.set(fullName, { fullName, values });
}

function createField(
  index: Index,
  scope: string,
  owner: MessageDescriptor,
  field: FieldDescriptor,
): FieldShape {
  const jsonName = index.jsonNames.get(`${scope}.${field.name}`);
  const base = {
    name: field.name,
    number: field.number,
    ...(jsonName === undefined ? {} : { jsonName }),
  };
  const entry = field.type === "TYPE_MESSAGE"
    ? findByScope(index.entries, scope, field.typeName ?? "")
    : undefined;
  if (entry !== undefined && isEntryOf(entry.descriptor, field)) {
    const key = entry.descriptor.field?.find((part) => part.number === 1);
    const value = entry.descriptor.field?.find((part) => part.number === 2);
    const mapKey = SCALAR_TYPES[key?.type ?? ""];
    if (value !== undefined && mapKey !== undefined) {
      const type = createType(index, scope, value);
      return { ...base, type, cardinality: "map", mapKey, explicitPresence: false };
    }
  }
  const type = createType(index, scope, field);
  if (field.label === "LABEL_REPEATED") {
    return { ...base, type, cardinality: "repeated", explicitPresence: false };
  }
  const oneof = owner.oneofDecl?.[field.oneofIndex ?? -1]?.name;
  const optional = isProto3Optional(owner, field, oneof);
  const explicitPresence = optional || isProto2(field);
  if (optional) {
    const syntheticOneof = oneof ?? `_${field.name}`;
    return { ...base, type, cardinality: "single", explicitPresence, syntheticOneof };
  }
  if (oneof === undefined) return { ...base, type, cardinality: "single", explicitPresence };
  return { ...base, type, cardinality: "single", explicitPresence, oneof };
}

/**
 * protobufjs 7.6.6 loses `proto3_optional` on its way into the descriptor. What stays is the synthetic
 * oneof that stands for it: `_` and the field's name, with this one member. `loadEditions()` makes one for editions.
 */
function isProto3Optional(
  owner: MessageDescriptor,
  field: FieldDescriptor,
  oneof: string | undefined,
): boolean {
  if (field.proto3Optional === true) return true;
  if (oneof !== `_${field.name}`) return false;
  return owner.field?.filter((other) => other.oneofIndex === field.oneofIndex).length === 1;
}

/**
 * protobufjs 7.6.6 writes every file as proto3 and drops `required`, but marks each field that its own
 * syntax would not pack; on a field that is not repeated this happens in proto2 only, and by `loadEditions()` to
 * required fields of editions.
 */
function isProto2(field: FieldDescriptor): boolean {
  return field.label === "LABEL_REQUIRED" || field.options?.packed === false;
}

function createType(index: Index, scope: string, field: FieldDescriptor): FieldType {
  const scalar = SCALAR_TYPES[field.type ?? ""];
  if (scalar !== undefined) return { kind: "scalar", scalar };
  const typeName = field.typeName ?? "";
  if (field.type === "TYPE_ENUM") {
    const shape = findByScope(index.enums, scope, typeName);
    if (shape !== undefined) return { kind: "enum", enum: shape };
  } else {
    const entry = findByScope(index.messages, scope, typeName);
    if (entry !== undefined) return { kind: "message", message: entry.shape };
  }
  throw new SchemaError(
    `Cannot describe the field "${field.name}" of "${scope}": the type "${typeName}" is not defined`,
  );
}

/** Looks a possibly relative type name up from the innermost scope outwards, as protobuf does. */
function findByScope<T>(
  map: ReadonlyMap<string, T>,
  scope: string,
  typeName: string,
): T | undefined {
  if (typeName.startsWith(".")) return map.get(typeName.slice(1));
  let outer = scope;
  while (outer !== "") {
    const found = map.get(`${outer}.${typeName}`);
    if (found !== undefined) return found;
    outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")));
  }
  return map.get(typeName);
}

function join(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
