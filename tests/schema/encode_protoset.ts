import { encodeFileDescriptor } from "../../schema/file_descriptor.ts";

/** An encoded `google.protobuf.FileDescriptorSet` of encoded files, as compilers write it. */
export function encodeProtoset(files: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  const octets: number[] = [];
  for (const file of files) octets.push(0x0a, ...varint(file.length), ...file);
  return Uint8Array.from(octets);
}

/** The same of files in words: fields in camelCase, enums by name. */
export function encodeFiles(...files: readonly object[]): Uint8Array<ArrayBuffer> {
  return encodeProtoset(files.map(encodeFileDescriptor));
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [value & 0x7f | 0x80, ...varint(value >>> 7)];
}
