import type {
  DescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { protoCamelCase } from "@bufbuild/protobuf/reflect";
import { decodeFileDescriptor, isProto2Descriptor, resolveType } from "../schema/mod.ts";

/** A message or an enum. */
export interface OwnedType {
  readonly fullName: string;
  /** The name of the file that defines it. */
  readonly file: string;
}

/**
 * Completes a descriptor, in place, with what a server left out.
 *
 * protoc's own are as they should be, but for `json_name`, which those within a program do not carry. What protobufjs
 * 7.6.6 makes, and so every grpc-js server offers, names types relative to where they are used, has no imports, calls
 * every file proto3, and lists extensions among the fields.
 *
 * @param octets what the file was decoded from
 * @param types all that there are, by full name
 */
export function mendFile(
  file: FileDescriptorProto,
  octets: Uint8Array,
  types: ReadonlyMap<string, OwnedType>,
): void {
  const used = new Set<string>();
  const absolute = (typeName: string, scope: string): string => {
    if (typeName === "") return "";
    const found = resolveType({ typeName, scope }, types);
    if (found === undefined) return typeName;
    if (found.file !== file.name) used.add(found.file);
    return `.${found.fullName}`;
  };
  const mendField = (field: FieldDescriptorProto, scope: string): void => {
    field.typeName = absolute(field.typeName, scope);
    field.extendee = absolute(field.extendee, scope);
    if (field.jsonName === "") field.jsonName = protoCamelCase(field.name);
  };
  const mendMessage = (message: DescriptorProto, outer: string): void => {
    const scope = outer === "" ? message.name : `${outer}.${message.name}`;
    message.field = message.field.filter(({ name }) => !name.startsWith("."));
    for (const field of [...message.field, ...message.extension]) mendField(field, scope);
    for (const nested of message.nestedType) mendMessage(nested, scope);
  };
  for (const message of file.messageType) mendMessage(message, file.package);
  for (const field of file.extension) mendField(field, file.package);
  for (const method of file.service.flatMap((service) => service.method)) {
    method.inputType = absolute(method.inputType, file.package);
    method.outputType = absolute(method.outputType, file.package);
  }
  if (isProto2Descriptor(decodeFileDescriptor(octets))) file.syntax = "proto2";
  file.dependency = [...used];
  file.publicDependency = [];
  file.weakDependency = [];
}
