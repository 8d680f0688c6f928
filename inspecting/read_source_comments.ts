import type { EnumDescriptor, FileDescriptor, MessageDescriptor } from "../schema/mod.ts";

/** Field numbers of google/protobuf/descriptor.proto: the path to a definition is made of them and of indexes. */
const IN_FILE = { message: 4, enum: 5, service: 6 } as const;
const IN_MESSAGE = { field: 2, nested: 3, enum: 4, oneof: 8 } as const;
const ENUM_VALUE = 2;
const SERVICE_METHOD = 2;

/**
 * The comments that a descriptor brings along, by full name: the one before a definition, or else the one after it.
 * Most servers leave them out; those that embed descriptors with their source information (tonic) have them.
 */
export function readSourceComments(file: FileDescriptor): Map<string, string> {
  const comments = new Map<string, string>();
  const locations = file.sourceCodeInfo?.location ?? [];
  if (locations.length === 0) return comments;
  const names = listPaths(file);
  for (const { path = [], leadingComments = "", trailingComments = "" } of locations) {
    const name = names.get(path.join());
    const text = (leadingComments || trailingComments).replace(/^ /gm, "").trim();
    if (name !== undefined && text !== "") comments.set(name, text);
  }
  return comments;
}

/** The full name of each definition by its path. */
function listPaths(file: FileDescriptor): Map<string, string> {
  const names = new Map<string, string>();
  const addEnum = ({ name, value = [] }: EnumDescriptor, path: string, scope: string): void => {
    const fullName = add(path, scope, name);
    for (const [index, { name }] of value.entries()) {
      add(`${path},${ENUM_VALUE},${index}`, fullName, name);
    }
  };
  const add = (path: string, scope: string, name: string): string => {
    const fullName = scope === "" ? name : `${scope}.${name}`;
    names.set(path, fullName);
    return fullName;
  };
  const addMessage = (message: MessageDescriptor, path: string, scope: string): void => {
    const fullName = add(path, scope, message.name);
    for (const [index, { name }] of (message.field ?? []).entries()) {
      add(`${path},${IN_MESSAGE.field},${index}`, fullName, name);
    }
    for (const [index, { name }] of (message.oneofDecl ?? []).entries()) {
      add(`${path},${IN_MESSAGE.oneof},${index}`, fullName, name);
    }
    for (const [index, nested] of (message.nestedType ?? []).entries()) {
      addMessage(nested, `${path},${IN_MESSAGE.nested},${index}`, fullName);
    }
    for (const [index, nested] of (message.enumType ?? []).entries()) {
      addEnum(nested, `${path},${IN_MESSAGE.enum},${index}`, fullName);
    }
  };
  const scope = file.package ?? "";
  for (const [index, message] of (file.messageType ?? []).entries()) {
    addMessage(message, `${IN_FILE.message},${index}`, scope);
  }
  for (const [index, shape] of (file.enumType ?? []).entries()) {
    addEnum(shape, `${IN_FILE.enum},${index}`, scope);
  }
  for (const [index, { name, method = [] }] of (file.service ?? []).entries()) {
    const path = `${IN_FILE.service},${index}`;
    const fullName = add(path, scope, name);
    for (const [at, { name }] of method.entries()) {
      add(`${path},${SERVICE_METHOD},${at}`, fullName, name);
    }
  }
  return names;
}
