import { ACCEPTED_ENCODINGS } from "./compression.ts";
import type { HeaderField } from "./http2/mod.ts";
import type { Metadata } from "./metadata.ts";
import { encodeTimeout } from "./timeout.ts";
import { writeMetadata } from "./wire_metadata.ts";

/** The head of a request (PROTOCOL-HTTP2, "Requests"). */
export function requestFields(request: {
  readonly path: string;
  readonly authority: string;
  readonly scheme: string;
  readonly userAgent: string;
  /** Time left; Infinity for no deadline. */
  readonly timeoutMs: number;
  readonly encoding: string | undefined;
  readonly metadata: Metadata | undefined;
}): HeaderField[] {
  const fields: HeaderField[] = [
    { name: ":method", value: "POST" },
    { name: ":scheme", value: request.scheme },
    { name: ":path", value: request.path },
    { name: ":authority", value: request.authority },
    { name: "te", value: "trailers" },
    { name: "content-type", value: "application/grpc" },
    { name: "user-agent", value: request.userAgent },
    { name: "grpc-accept-encoding", value: ACCEPTED_ENCODINGS },
  ];
  if (request.timeoutMs !== Infinity) {
    fields.push({ name: "grpc-timeout", value: encodeTimeout(request.timeoutMs) });
  }
  if (request.encoding !== undefined) {
    fields.push({ name: "grpc-encoding", value: request.encoding });
  }
  if (request.metadata !== undefined) writeMetadata(request.metadata, fields);
  return fields;
}
