import { encodeBase64 } from "./base64.ts";
import { ACCEPTED_ENCODINGS } from "./compression.ts";
import type { HeaderField } from "./http2/mod.ts";
import type { Metadata } from "./metadata.ts";
import { encodeStatusMessage } from "./status_message.ts";
import { headerListOctets, writeMetadata } from "./wire_metadata.ts";

/** A status as a server sends it. */
export interface ResponseStatus {
  readonly code: number;
  readonly message: string;
  /** Trailers; `grpc-status-details-bin` among them travels too. */
  readonly metadata?: Metadata | undefined;
}

/** The head of every answer (PROTOCOL-HTTP2, "Responses"). */
export function responseHead(): HeaderField[] {
  return [
    { name: ":status", value: "200" },
    { name: "content-type", value: "application/grpc" },
    { name: "grpc-accept-encoding", value: ACCEPTED_ENCODINGS },
  ];
}

/**
 * Appends a status and its trailers to a header list of at most `maxOctets`. A status that does not fit goes without
 * its trailers, and with as much of its message as fits: a client is to learn the code.
 */
export function writeStatus(
  fields: HeaderField[],
  status: ResponseStatus,
  maxOctets: number,
): void {
  const head = fields.length;
  fields.push({ name: "grpc-status", value: String(status.code) });
  const message = encodeStatusMessage(status.message);
  if (message !== "") fields.push({ name: "grpc-message", value: message });
  if (status.metadata !== undefined) writeTrailers(fields, status.metadata);
  if (maxOctets === Infinity) return;
  const excess = () => headerListOctets(fields) - maxOctets;
  if (excess() <= 0) return;
  fields.length = message === "" ? head + 1 : head + 2;
  if (message !== "" && excess() > 0) {
    const kept = message.slice(0, Math.max(0, message.length - excess()));
    // Not within an escape.
    fields[head + 1] = { name: "grpc-message", value: kept.replace(/%.?$/, "") };
  }
}

function writeTrailers(fields: HeaderField[], trailers: Metadata): void {
  writeMetadata(trailers, fields);
  for (const value of trailers.get("grpc-status-details-bin")) {
    if (typeof value !== "string") {
      fields.push({ name: "grpc-status-details-bin", value: encodeBase64(value) });
    }
  }
}
