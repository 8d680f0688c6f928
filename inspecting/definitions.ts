import {
  decodeFileDescriptor,
  type EnumDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
  type MessageDescriptor,
  type MethodDescriptor,
  nearestName,
  SchemaError,
  type ServiceDescriptor,
} from "../schema/mod.ts";
import type { Contract } from "./contract.ts";
import { dotted, endsWithName } from "./read_contract.ts";

/** One thing that has a name. */
export type Definition =
  & {
    readonly fullName: string;
    /** What it is in: a package, a message, an enum or a service; empty for none. */
    readonly scope: string;
    readonly file: FileDescriptor;
  }
  & (
    | { readonly kind: "service"; readonly service: ServiceDescriptor }
    | { readonly kind: "method"; readonly method: MethodDescriptor }
    | { readonly kind: "message"; readonly message: MessageDescriptor }
    | {
      readonly kind: "field";
      readonly field: FieldDescriptor;
      readonly message: MessageDescriptor;
    }
    | { readonly kind: "enum"; readonly enum: EnumDescriptor }
  );

/** All definitions of a contract by full name; without what stands for the entries of maps. */
export function listDefinitions({ files }: Contract): Map<string, Definition> {
  const definitions = new Map<string, Definition>();
  const add = (definition: Definition) => definitions.set(definition.fullName, definition);
  for (const octets of files.values()) {
    const file = decodeFileDescriptor(octets);
    const scope = file.package ?? "";
    for (const service of file.service ?? []) {
      const fullName = joinNames(scope, service.name);
      add({ kind: "service", fullName, scope, file, service });
      for (const method of service.method ?? []) {
        const name = joinNames(fullName, method.name);
        add({ kind: "method", fullName: name, scope: fullName, file, method });
      }
    }
    for (const message of file.messageType ?? []) addMessage(add, { message, scope, file });
    for (const shape of file.enumType ?? []) {
      add({ kind: "enum", fullName: joinNames(scope, shape.name), scope, file, enum: shape });
    }
  }
  return definitions;
}

function addMessage(
  add: (definition: Definition) => void,
  { message, scope, file }: {
    readonly message: MessageDescriptor;
    readonly scope: string;
    readonly file: FileDescriptor;
  },
): void {
  if (message.options?.mapEntry === true) return;
  const fullName = joinNames(scope, message.name);
  add({ kind: "message", fullName, scope, file, message });
  for (const field of message.field ?? []) {
    const name = joinNames(fullName, field.name);
    add({ kind: "field", fullName: name, scope: fullName, file, field, message });
  }
  for (const nested of message.nestedType ?? []) {
    addMessage(add, { message: nested, scope: fullName, file });
  }
  for (const shape of message.enumType ?? []) {
    const name = joinNames(fullName, shape.name);
    add({ kind: "enum", fullName: name, scope: fullName, file, enum: shape });
  }
}

/**
 * Finds what a symbol names: by its full name, or by the end of it where that is enough.
 *
 * @throws SchemaError if it names nothing, or several things
 */
export function findDefinition(contract: Contract, symbol: string): Definition {
  const definitions = listDefinitions(contract);
  const wanted = dotted(symbol);
  const exact = definitions.get(wanted);
  if (exact !== undefined) return exact;
  const fitting = [...definitions.values()].filter(({ fullName }) =>
    endsWithName(fullName, wanted)
  );
  const [only, second] = fitting;
  if (only === undefined) {
    const hint = suggestName(wanted, definitions.keys());
    throw new SchemaError(`Cannot find "${symbol}" in ${contract.source}${hint}`);
  }
  if (second !== undefined) {
    const names = fitting.slice(0, 10).map(({ fullName }) => fullName).join(", ");
    const more = fitting.length > 10 ? ` and ${fitting.length - 10} more` : "";
    throw new SchemaError(
      `Cannot tell what "${symbol}" means: ${names}${more} all fit; write more of one`,
    );
  }
  return only;
}

/** `: did you mean …?`; empty if nothing is near. A misspelt name may leave out as much as a right one may. */
export function suggestName(wanted: string, fullNames: Iterable<string>): string {
  const byEnd = new Map<string, string>();
  for (const fullName of fullNames) {
    const parts = fullName.split(".");
    for (let start = 0; start < parts.length; start++) {
      const end = parts.slice(start).join(".");
      if (!byEnd.has(end)) byEnd.set(end, fullName);
    }
  }
  const nearest = byEnd.get(nearestName(wanted, byEnd.keys()) ?? "");
  return nearest === undefined ? "" : `: did you mean ${nearest}?`;
}

export function joinNames(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
