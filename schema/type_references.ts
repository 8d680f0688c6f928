import type { EnumDescriptor, FileDescriptor, MessageDescriptor } from "./file_descriptor.ts";

/** A type that a file uses, and from where. */
export interface TypeReference {
  /** As in the descriptor: with a leading dot, or relative to `scope`. */
  readonly typeName: string;
  /** The message or package that it is used in. */
  readonly scope: string;
}

/** The full names of all messages and enums of a file. */
export function listTypes(file: FileDescriptor): string[] {
  const names: string[] = [];
  const add = (scope: string, message: MessageDescriptor | EnumDescriptor): void => {
    const fullName = scope === "" ? message.name : `${scope}.${message.name}`;
    names.push(fullName);
    if ("nestedType" in message) {
      for (const nested of message.nestedType ?? []) add(fullName, nested);
    }
    if ("enumType" in message) {
      for (const nested of message.enumType ?? []) {
        add(fullName, nested);
      }
    }
  };
  for (const message of file.messageType ?? []) add(file.package ?? "", message);
  for (const shape of file.enumType ?? []) add(file.package ?? "", shape);
  return names;
}

/** All types that the fields, extensions and methods of a file name. */
export function listReferences(file: FileDescriptor): TypeReference[] {
  const references: TypeReference[] = [];
  const add = (scope: string, typeName: string | undefined) => {
    if (typeName !== undefined && typeName !== "") references.push({ typeName, scope });
  };
  const visit = (outer: string, message: MessageDescriptor): void => {
    const scope = outer === "" ? message.name : `${outer}.${message.name}`;
    for (const field of message.field ?? []) add(scope, field.typeName);
    for (const field of message.extension ?? []) {
      add(scope, field.typeName);
      add(scope, field.extendee);
    }
    for (const nested of message.nestedType ?? []) visit(scope, nested);
  };
  const root = file.package ?? "";
  for (const message of file.messageType ?? []) visit(root, message);
  for (const field of file.extension ?? []) {
    add(root, field.typeName);
    add(root, field.extendee);
  }
  for (const method of (file.service ?? []).flatMap((service) => service.method ?? [])) {
    add(root, method.inputType);
    add(root, method.outputType);
  }
  return references;
}

/** Finds what a reference means, from the innermost scope outwards; undefined if nothing is called so. */
export function resolveType<Value>(
  { typeName, scope }: TypeReference,
  types: ReadonlyMap<string, Value>,
): Value | undefined {
  if (typeName.startsWith(".")) return types.get(typeName.slice(1));
  for (let outer = scope; outer !== "";) {
    const found = types.get(`${outer}.${typeName}`);
    if (found !== undefined) return found;
    outer = outer.slice(0, Math.max(0, outer.lastIndexOf(".")));
  }
  return types.get(typeName);
}
