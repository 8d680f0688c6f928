import { decodeFileDescriptor, type FileDescriptor } from "./file_descriptor.ts";
import { printProto } from "./print_proto.ts";
import { isBundledFile } from "./read_imports.ts";
import type { Reflected } from "./reflect.ts";
import { SchemaError } from "./schema_error.ts";
import { listReferences, listTypes, resolveType } from "./type_references.ts";

/** `.proto` files that exist only as text. */
export interface PrintedProtos {
  /** The file that has, or imports, all services. */
  readonly main: string;
  /** By file name, with slashes. */
  readonly files: ReadonlyMap<string, string>;
}

/** The well-known types and their files: a server may have them under names of its own. */
const WELL_KNOWN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    any: ["Any"],
    descriptor: ["File", "Message", "Field", "Oneof", "Enum", "EnumValue", "Service", "Method"]
      .map((name) => `${name}Options`),
    duration: ["Duration"],
    empty: ["Empty"],
    field_mask: ["FieldMask"],
    struct: ["Struct", "Value", "ListValue", "NullValue"],
    timestamp: ["Timestamp"],
    wrappers: ["Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes"]
      .map((name) => `${name}Value`),
  }).flatMap(([file, names]) =>
    names.map((name) => [`google.protobuf.${name}`, `google/protobuf/${file}.proto`] as const)
  ),
);

/** Services that a server of ours has anyway. */
const EVERYONES = /^grpc\.(reflection|health)\./;

/** What is written. */
export interface PrintOptions {
  /** Of the main file, without its ending, where no single file has all services. */
  readonly name: string;
  /** Also the services that every server may have, such as health; default false. */
  readonly all?: boolean;
}

/**
 * Writes what a server says of itself as `.proto` files.
 *
 * @throws SchemaError if there is no service but health and reflection, or a file has a name that is no path
 */
export function printProtos(reflected: Reflected, options: PrintOptions): PrintedProtos {
  const files = [...reflected.files].map(([file, octets]) =>
    [file, decodeFileDescriptor(octets)] as const
  )
    .filter(([file, { package: scope }]) => !isBundledFile(file) && scope !== "google.protobuf");
  const isWanted = (service: string) => options.all === true || !EVERYONES.test(service);
  const services = reflected.services.filter(isWanted);
  const owners = files.filter(([, file]) => definesAny(file, services)).map(([file]) => file);
  if (owners.length === 0) {
    throw new SchemaError(
      "Cannot make a .proto of what the server offers: it has no service of its own",
    );
  }
  const types = new Map(WELL_KNOWN);
  for (const [file, descriptor] of files) {
    for (const type of listTypes(descriptor)) types.set(type, file);
  }
  const texts = new Map<string, string>();
  const print = (file: string): void => {
    const descriptor = files.find(([name]) => name === file)?.[1];
    if (descriptor === undefined || texts.has(file)) return;
    checkName(file);
    const imports = listImports(file, descriptor, types);
    texts.set(file, printProto(withServices(descriptor, services), imports));
    for (const other of imports) print(other);
  };
  for (const owner of owners) print(owner);
  const [only, second] = owners;
  if (only !== undefined && second === undefined) return { main: only, files: texts };
  const main = nameMain(options.name, texts);
  const imports = owners.map((owner) => `import "${owner}";\n`).join("");
  return { main, files: new Map([[main, `syntax = "proto3";\n\n${imports}`], ...texts]) };
}

/** Of a name that no file of the server has, which would stand in its place. */
function nameMain(name: string, taken: ReadonlyMap<string, string>): string {
  let main = `${name}.proto`;
  for (let count = 2; taken.has(main); count++) main = `${name}_${count}.proto`;
  return main;
}

function definesAny(file: FileDescriptor, services: readonly string[]): boolean {
  const scope = file.package === undefined || file.package === "" ? "" : `${file.package}.`;
  return (file.service ?? []).some(({ name }) => services.includes(scope + name));
}

/** A file may also hold services that nobody asked for. */
function withServices(file: FileDescriptor, services: readonly string[]): FileDescriptor {
  const scope = file.package === undefined || file.package === "" ? "" : `${file.package}.`;
  const service = (file.service ?? []).filter(({ name }) => services.includes(scope + name));
  return { ...file, service };
}

/** The files that define what a file uses: what it says itself is not always all (grpc/grpc-node#3018). */
function listImports(
  name: string,
  file: FileDescriptor,
  types: ReadonlyMap<string, string>,
): string[] {
  const imports = new Set<string>();
  for (const reference of listReferences(file)) {
    const owner = resolveType(reference, types);
    if (owner !== undefined && owner !== name) imports.add(owner);
  }
  return [...imports];
}

/** The name comes from a stranger, and is to become a path. */
function checkName(name: string): void {
  if (/^[\w.@+-]+(\/[\w.@+-]+)*$/.test(name) && !/(^|\/)\.{1,2}(\/|$)/.test(name)) return;
  throw new SchemaError(`Cannot make a .proto of the server's file "${name}": that is no path`);
}
