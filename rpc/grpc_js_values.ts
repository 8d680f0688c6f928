import { Buffer } from "node:buffer";
import { Metadata, type MetadataValue } from "./metadata.ts";
import { RpcError } from "./status.ts";

/** What we use of grpc-js's `Metadata`; ours has it as well. */
export interface GrpcJsMetadata {
  toJSON(): Readonly<Record<string, readonly MetadataValue[]>>;
}

/** Adds all of a grpc-js metadata, if there is one, to ours. */
export function addMetadata(to: Metadata, from: GrpcJsMetadata | null | undefined): void {
  if (from === null || from === undefined) return;
  for (const [name, values] of Object.entries(from.toJSON())) {
    for (const value of values) to.append(name, value);
  }
}

/** Metadata as code written for grpc-js expects it: octets are a `Buffer`. */
export function toGrpcJsRequestMetadata(metadata: Metadata): Metadata {
  const copy = new Metadata();
  for (const [name, value] of metadata) {
    copy.append(name, typeof value === "string" ? value : toBuffer(value));
  }
  return copy;
}

/**
 * Makes the octets of a message Buffers, in place: grpc-js hands them out so, and code that was written for it calls
 * their methods.
 */
export function toBuffers(message: unknown): unknown {
  if (message instanceof Uint8Array) return toBuffer(message);
  if (Array.isArray(message)) {
    message.forEach((item, at) => {
      if (isNested(item)) message[at] = toBuffers(item);
    });
  } else if (isPlainObject(message)) {
    for (const key of Object.keys(message)) {
      if (isNested(message[key])) message[key] = toBuffers(message[key]);
    }
  }
  return message;
}

function isNested(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** Instances of message classes look after themselves. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function toBuffer(octets: Uint8Array): Buffer {
  return Buffer.isBuffer(octets)
    ? octets
    : Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/**
 * The status that an error of a grpc-js implementation stands for: one with a numeric `code`. Any other error is
 * returned as it is, for the server to report.
 */
export function toRpcError(error: unknown, trailers?: GrpcJsMetadata | null): unknown {
  if (error instanceof RpcError || !isStatus(error)) return error;
  const metadata = new Metadata();
  addMetadata(metadata, trailers ?? error.metadata);
  return new RpcError(error.code, error.details ?? error.message ?? "", { metadata });
}

interface GrpcJsStatus {
  readonly code: number;
  readonly details?: string;
  readonly message?: string;
  readonly metadata?: GrpcJsMetadata | null;
}

function isStatus(error: unknown): error is GrpcJsStatus {
  if (typeof error !== "object" || error === null) return false;
  // A DOMException's `code` is a number too, of another list.
  if (error instanceof DOMException) return false;
  const code = Reflect.get(error, "code");
  return typeof code === "number" && Number.isInteger(code) && code >= 0 && code <= 16;
}
