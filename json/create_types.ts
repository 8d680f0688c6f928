import { create, createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
} from "@bufbuild/protobuf/wkt";
import { SchemaError } from "../schema/mod.ts";
import { mergeFiles } from "./merge_files.ts";
import { mendFile, type OwnedType } from "./mend_file.ts";

/** The types of some files, by full name: what messages become JSON by, and back. */
export type MessageTypes = FileRegistry;

/** The well-known types, which have forms of their own in JSON, each file after those that it imports. */
const WELL_KNOWN = [
  file_google_protobuf_any,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_wrappers,
  file_google_protobuf_type,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
].map(({ proto }) => proto);

/**
 * Makes types of encoded `google.protobuf.FileDescriptorProto`s, in any order; the well-known types are always there.
 *
 * @param source where they come from, for messages
 * @throws SchemaError if one cannot be read, a type is missing, or a name is none
 */
export function createTypes(files: Iterable<Uint8Array>, source: string): MessageTypes {
  try {
    const read = [...files].map((octets) => ({
      octets,
      file: fromBinary(FileDescriptorProtoSchema, octets),
    })).filter(({ file }) => file.package !== "google.protobuf");
    const types = new Map<string, OwnedType>();
    for (const file of [...WELL_KNOWN, ...read.map(({ file }) => file)]) addTypes(types, file);
    for (const { file, octets } of read) mendFile(file, octets, types);
    const file = [...WELL_KNOWN, ...sortFiles(read.map(({ file }) => file))];
    return createFileRegistry(create(FileDescriptorSetSchema, { file }));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SchemaError(`Cannot use the descriptors of ${source}: ${reason}`, { cause });
  }
}

/** Notes the messages and enums of a file; of two with one name, the first counts. */
function addTypes(types: Map<string, OwnedType>, file: FileDescriptorProto): void {
  const add = (scope: string, name: string): string => {
    const fullName = scope === "" ? name : `${scope}.${name}`;
    if (!types.has(fullName)) types.set(fullName, { fullName, file: file.name });
    return fullName;
  };
  const visit = (scope: string, message: DescriptorProto): void => {
    const fullName = add(scope, message.name);
    for (const nested of message.nestedType) visit(fullName, nested);
    for (const nested of message.enumType) add(fullName, nested.name);
  };
  for (const message of file.messageType) visit(file.package, message);
  for (const shape of file.enumType) add(file.package, shape.name);
}

/**
 * Each file after those that it imports; those that import each other as one. @throws Error as `mergeFiles()`
 *
 * Source: Tarjan, Depth-first search and linear graph algorithms, 1972.
 */
function sortFiles(files: readonly FileDescriptorProto[]): FileDescriptorProto[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  /** When a file was come to, or the earliest file of its ring; Infinity once it is sorted. */
  const order = new Map<FileDescriptorProto, number>();
  const open: FileDescriptorProto[] = [];
  const sorted: FileDescriptorProto[] = [];
  const visit = (file: FileDescriptorProto): number => {
    const known = order.get(file);
    if (known !== undefined) return known;
    const own = order.size;
    order.set(file, own);
    open.push(file);
    const others = file.dependency.flatMap((name) => byName.get(name) ?? []);
    const first = others.reduce((least, other) => Math.min(least, visit(other)), own);
    order.set(file, first);
    if (first < own) return first;
    const ring = open.splice(open.indexOf(file));
    for (const member of ring) order.set(member, Infinity);
    sorted.push(...(ring.length > 1 ? mergeFiles(ring) : ring));
    return Infinity;
  };
  for (const file of byName.values()) visit(file);
  return sorted;
}
