import { decodeBase64 } from "./base64.ts";
import type { CallStatus } from "./call_options.ts";
import {
  type CloseCause,
  errorCodeName,
  type HeaderField,
  Http2Error,
  type ResponseHead,
} from "./http2/mod.ts";
import { Metadata } from "./metadata.ts";
import { RpcError, Status } from "./status.ts";
import { decodeStatusMessage } from "./status_message.ts";
import { statusOfHttp, statusOfReset } from "./status_tables.ts";
import { findField, readMetadata } from "./wire_metadata.ts";

/**
 * The status that a response ends with. `fields` are its trailers, or its head where nothing followed it; undefined
 * where the head alone shows that this is not gRPC.
 *
 * Source: PROTOCOL-HTTP2, "Responses"; http-grpc-status-mapping.md.
 */
export function statusOfResponse(
  head: ResponseHead,
  fields: readonly HeaderField[] | undefined,
): CallStatus {
  const trailers = fields === undefined ? new Metadata() : readTrailers(fields);
  if (trailers instanceof RpcError) {
    return { code: trailers.code, message: trailers.message, trailers: new Metadata() };
  }
  const code = findField(fields ?? head.fields, "grpc-status");
  const text = findField(fields ?? head.fields, "grpc-message");
  const message = text === undefined ? undefined : decodeStatusMessage(text);
  // OK is said at the end: it cannot be so before a body that is not read.
  const isEarly = fields === undefined && code === "0";
  if (code === undefined || isEarly) {
    const contentType = findField(head.fields, "content-type") ?? "none";
    const given = isEarly ? "grpc-status 0 before the body" : "no grpc-status";
    const found = `HTTP status ${head.status}, content-type ${contentType}, ${given}`;
    const reason = message ?? `The server's answer is not gRPC: ${found}`;
    return { code: statusOfHttp(head.status), message: reason, trailers };
  }
  if (!/^(?:\d|1[0-6])$/.test(code)) {
    const reason = message ?? `The server sent grpc-status "${code}", which gRPC does not have`;
    return { code: Status.UNKNOWN, message: reason, trailers };
  }
  const details = readDetails(fields ?? head.fields);
  return { code: Number(code), message: message ?? "", details, trailers };
}

function readTrailers(fields: readonly HeaderField[]): Metadata | RpcError {
  try {
    return readMetadata(fields.filter((field) => !field.name.startsWith(":")));
  } catch (error) {
    if (error instanceof RpcError) return error;
    throw error;
  }
}

function readDetails(fields: readonly HeaderField[]): Uint8Array | undefined {
  const text = findField(fields, "grpc-status-details-bin");
  return text === undefined ? undefined : decodeBase64(text);
}

/** The status of a call whose stream closed without one. */
export function statusOfClose(
  cause: CloseCause,
  options: { readonly deadlineExceeded: boolean },
): CallStatus {
  const trailers = new Metadata();
  const { code, message } = judgeClose(cause);
  if (code === Status.CANCELLED && options.deadlineExceeded) {
    return { code: Status.DEADLINE_EXCEEDED, message: "Deadline exceeded", trailers };
  }
  return { code, message, trailers };
}

function judgeClose(cause: CloseCause): { readonly code: number; readonly message: string } {
  switch (cause.kind) {
    case "finished":
      return { code: Status.INTERNAL, message: "The server sent no status" };
    case "reset": {
      const who = cause.origin === "remote" ? "The server" : "We";
      const message = `${who} reset the call with ${errorCodeName(cause.code)}`;
      return { code: statusOfReset(cause.code), message };
    }
    case "unprocessed":
      return { code: Status.UNAVAILABLE, message: "The server is shutting down" };
    case "connection":
      return { code: Status.UNAVAILABLE, message: describeError(cause.error) };
  }
}

/** An error's message, with the cause behind it. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof Http2Error && error.cause instanceof Error) {
    return `${error.message}: ${error.cause.message}`;
  }
  return error.message;
}

/** An error as a status: INTERNAL if it is none. */
export function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError(Status.INTERNAL, describeError(error), { cause: error });
}
