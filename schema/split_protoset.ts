import { SchemaError } from "./schema_error.ts";

/** The tag of `FileDescriptorSet.file`, a message. */
const FILE_TAG = 0x0a;
/** Octets after the tag of each wire type but those of a length; that of a varint is found out. */
const FIXED_OCTETS: ReadonlyMap<number, number> = new Map([[1, 8], [5, 4]]);

/**
 * Splits an encoded `google.protobuf.FileDescriptorSet` into its encoded `FileDescriptorProto`s, which are views of it.
 * By hand: what decodes descriptors decodes one file at a time, and knows no set.
 *
 * @param name of the set, for messages
 * @throws {SchemaError} if it is no set, or there is no file in it
 *
 * Source: protobuf.dev/programming-guides/encoding
 */
export function splitProtoset(name: string, octets: Uint8Array): Uint8Array[] {
  const files = splitFields(octets);
  if (files !== undefined && files.length > 0) return files;
  const reason = octets.length === 0 ? "it is empty" : describeOther(octets);
  throw new SchemaError(
    `Cannot use "${name}": ${reason}; a set of descriptors is what ` +
      "protoc -o FILE --include_imports and buf build -o FILE.binpb write",
  );
}

/** Undefined for what is no message at all. */
function splitFields(octets: Uint8Array): Uint8Array[] | undefined {
  const files: Uint8Array[] = [];
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let factor = 1; factor < 2 ** 70; factor *= 128) {
      const octet = octets[at++] ?? NaN;
      if (Number.isNaN(octet)) return NaN;
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return value;
    }
    return NaN;
  };
  while (at < octets.length) {
    const tag = readVarint();
    const wireType = tag & 7;
    if (!(tag >= 8)) return undefined;
    if (wireType === 0) {
      if (Number.isNaN(readVarint())) return undefined;
      continue;
    }
    const length = wireType === 2 ? readVarint() : FIXED_OCTETS.get(wireType) ?? NaN;
    if (!(at + length <= octets.length)) return undefined;
    if (tag === FILE_TAG) files.push(octets.subarray(at, at + length));
    at += length;
  }
  return files;
}

/** What somebody may have given in place of a set. */
function describeOther(octets: Uint8Array): string {
  const head = new TextDecoder().decode(octets.subarray(0, 512));
  if (/[^\t\r\n\x20-\x7e\x80-\uffff]|\ufffd./.test(head)) return "it is no set of descriptors";
  return head.trimStart().startsWith("{")
    ? "it is JSON, not binary"
    : "it is text, which --proto takes if it is a .proto";
}
