import { findBadName } from "./check_names.ts";
import { decodeFileDescriptor, type FileDescriptor } from "./file_descriptor.ts";
import { isBundledFile } from "./read_imports.ts";
import type { Reflected } from "./reflect.ts";
import { SchemaError } from "./schema_error.ts";
import { splitProtoset } from "./split_protoset.ts";
import { listReferences, listTypes, resolveType } from "./type_references.ts";

/** The package of the types that are always there. */
const WELL_KNOWN = "google.protobuf";

/** What sets of descriptors say; the files in the order of the sets. */
export interface LoadedProtosets extends Reflected {
  /** The names of the sets, for messages. */
  readonly source: string;
}

/** One file of a set. */
interface SetFile {
  readonly octets: Uint8Array;
  readonly descriptor: FileDescriptor;
  /** The name of the set. */
  readonly set: string;
}

/**
 * Reads encoded `google.protobuf.FileDescriptorSet`s, as `protoc -o FILE --include_imports` and `buf build -o FILE.binpb`
 * write them. Sets may share files and need each other's; the `google/protobuf/` files are always there.
 *
 * @param sets by the names that messages call them
 * @throws {SchemaError} if one is no such set, if a file that is imported is in none of them, or if two of their files
 * contradict each other
 *
 * Source: google/protobuf/descriptor.proto
 */
export function loadProtosets(sets: ReadonlyMap<string, Uint8Array>): LoadedProtosets {
  const files = new Map<string, SetFile>();
  for (const [set, octets] of sets) {
    for (const { name, ...file } of readSet(set, octets)) {
      const other = files.get(name);
      if (other !== undefined) checkSame(name, other, file);
      // Of two, the one that has comments.
      if (other?.descriptor.sourceCodeInfo === undefined) files.set(name, file);
    }
  }
  for (const file of files.values()) checkImports(file, files);
  checkTypes(files.values(), listSymbols(files.values()));
  return {
    source: [...sets.keys()].join(", "),
    services: [...files.values()].flatMap(({ descriptor }) => listServices(descriptor)).sort(),
    files: new Map([...files].map(([name, { octets }]) => [name, octets])),
  };
}

function readSet(set: string, octets: Uint8Array): (SetFile & { readonly name: string })[] {
  return splitProtoset(set, octets).map((octets) => {
    const descriptor = decode(set, octets);
    const badName = findBadName(descriptor);
    if (badName !== undefined) throw unusable(set, `${JSON.stringify(badName)} is no name`);
    return { name: descriptor.name ?? "", octets, descriptor, set };
  });
}

function decode(set: string, octets: Uint8Array): FileDescriptor {
  try {
    return decodeFileDescriptor(octets);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unusable(set, `one of its files cannot be decoded (${reason})`, cause);
  }
}

/** Two compilers say one thing differently: only one writes comments, or names in JSON that follow from the others. */
function checkSame(name: string, one: SetFile, other: SetFile): void {
  const keep = (key: string, value: unknown) =>
    key === "sourceCodeInfo" || key === "jsonName" ? undefined : value;
  const [left, right] = [one, other].map(({ descriptor }) => JSON.stringify(descriptor, keep));
  if (left === right || isBundledFile(name)) return;
  throw new SchemaError(
    `Cannot use ${nameSets(one, other)}: ${
      JSON.stringify(name)
    } is there twice, with different contents; ` +
      "write them anew from the same files, or leave one out",
  );
}

function checkImports({ descriptor, set }: SetFile, files: ReadonlyMap<string, SetFile>): void {
  const missing = descriptor.dependency?.find((name) => !files.has(name) && !isBundledFile(name));
  if (missing === undefined) return;
  const [importer, imported] = [descriptor.name, missing].map((name) => JSON.stringify(name));
  throw unusable(
    set,
    `its file ${importer} imports ${imported}, which is missing; ` +
      "write the set with protoc --include_imports, or with buf build",
  );
}

/** A message, an enum or a service of one name in two files: nobody knows which of them counts. */
function listSymbols(files: Iterable<SetFile>): Map<string, SetFile> {
  const owners = new Map<string, SetFile>();
  for (const file of files) {
    const { descriptor } = file;
    if (descriptor.package === WELL_KNOWN) continue;
    for (const symbol of [...listTypes(descriptor), ...listServices(descriptor)]) {
      const owner = owners.get(symbol);
      owners.set(symbol, file);
      if (owner === undefined) continue;
      const [one, other] = [owner, file].map(({ descriptor: { name } }) => JSON.stringify(name));
      throw new SchemaError(
        `Cannot use ${nameSets(owner, file)}: ${one} and ${other} both define "${symbol}"; ` +
          "leave one of the files out",
      );
    }
  }
  return owners;
}

function checkTypes(files: Iterable<SetFile>, types: ReadonlyMap<string, SetFile>): void {
  for (const { descriptor, set } of files) {
    if (descriptor.package === WELL_KNOWN) continue;
    const unknown = listReferences(descriptor).find((reference) =>
      !reference.typeName.startsWith(`.${WELL_KNOWN}.`) &&
      resolveType(reference, types) === undefined
    );
    if (unknown === undefined) continue;
    const [name, type] = [descriptor.name, unknown.typeName].map((text) => JSON.stringify(text));
    throw unusable(set, `its file ${name} uses the type ${type}, which no file defines`);
  }
}

function listServices({ package: scope = "", service = [] }: FileDescriptor): string[] {
  return service.map(({ name }) => scope === "" ? name : `${scope}.${name}`);
}

function nameSets(one: SetFile, other: SetFile): string {
  return one.set === other.set ? `"${one.set}"` : `"${one.set}" and "${other.set}" together`;
}

function unusable(set: string, reason: string, cause?: unknown): SchemaError {
  return new SchemaError(`Cannot use "${set}": ${reason}`, { cause });
}
