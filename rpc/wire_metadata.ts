import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { HeaderField } from "./http2/mod.ts";
import { Metadata } from "./metadata.ts";
import { RpcError, Status } from "./status.ts";
import { encodeStatusMessage } from "./status_message.ts";

/** Fields that the protocol owns: never sent as metadata. */
const NEVER_SENT = new Set(["te", "content-type", "user-agent", "host", "content-length"]);
/** Fields that the protocol owns: never shown as metadata. Others that begin with `grpc-` are hidden too. */
const NEVER_SHOWN = new Set(["te", "content-type", "host", "content-length"]);

/** Appends metadata to a header list: `-bin` values as base64 without padding. */
export function writeMetadata(metadata: Metadata, fields: HeaderField[]): void {
  for (const [name, value] of metadata) {
    if (name.startsWith("grpc-") || NEVER_SENT.has(name) || !/^[0-9a-z_.-]+$/.test(name)) continue;
    const sensitive = name === "authorization";
    const text = typeof value === "string" ? sendableText(value) : encodeBase64(value);
    fields.push(sensitive ? { name, value: text, sensitive } : { name, value: text });
  }
}

/**
 * What `Metadata.append()` took unchecked must not break the connection: octets that a field may not hold, and
 * characters that are none, leave percent-encoded, as in `grpc-message`.
 */
function sendableText(value: string): string {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? value : encodeStatusMessage(value);
}

/**
 * Reads the metadata of a header list.
 *
 * @throws RpcError `INTERNAL` if a `-bin` value is not base64.
 */
export function readMetadata(fields: readonly HeaderField[]): Metadata {
  const metadata = new Metadata();
  for (const { name, value } of fields) {
    if (name.startsWith("grpc-") || NEVER_SHOWN.has(name)) continue;
    if (!name.endsWith("-bin")) {
      metadata.append(name, value);
      continue;
    }
    // Several values may have been joined on the way.
    for (const part of value.split(",")) metadata.append(name, decodeBinary(name, part.trim()));
  }
  return metadata;
}

function decodeBinary(name: string, text: string): Uint8Array {
  const octets = decodeBase64(text);
  if (octets === undefined) {
    throw new RpcError(Status.INTERNAL, `Cannot read metadata ${name}: its value is not base64`);
  }
  return octets;
}

/** What a header list counts against the peer's limit (RFC 9113 section 6.5.2). */
export function headerListOctets(fields: readonly HeaderField[]): number {
  let octets = 0;
  for (const { name, value } of fields) octets += name.length + value.length + 32;
  return octets;
}

/** The first value of a field. */
export function findField(fields: readonly HeaderField[], name: string): string | undefined {
  for (const field of fields) if (field.name === name) return field.value;
  return undefined;
}

/** True for `application/grpc`, alone or followed by `+…` or `;…`. */
export function isGrpcContentType(value: string | undefined): boolean {
  return value !== undefined && /^application\/grpc(?:$|[+;])/i.test(value);
}
