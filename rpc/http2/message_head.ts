import { ErrorCode } from "./constants.ts";
import type { HeaderField } from "./header_field.ts";
import { type Http2Error, streamError } from "./http2_error.ts";

/** The head of a request, checked. */
export interface RequestHead {
  readonly method: string;
  /** Empty for CONNECT. */
  readonly path: string;
  readonly scheme: string;
  /** `:authority`, else `host`, else empty. */
  readonly authority: string;
  /** The regular fields, in order. */
  readonly fields: readonly HeaderField[];
  /** Octets that the body is to have, where `content-length` says so. */
  readonly contentLength: number | undefined;
}

/** The head of a response, checked. */
export interface ResponseHead {
  readonly status: number;
  readonly fields: readonly HeaderField[];
  readonly contentLength: number | undefined;
}

/** Fields that belong to HTTP/1.1 connections (RFC 9113 section 8.2.2). */
const CONNECTION_FIELDS = new Set([
  "connection",
  "proxy-connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

const REQUEST_PSEUDO = new Set([":method", ":scheme", ":authority", ":path"]);
const RESPONSE_PSEUDO = new Set([":status"]);

/**
 * Checks a request's header list.
 *
 * @throws Http2Error `PROTOCOL_ERROR` on the stream, for a malformed request (RFC 9113 sections 8.2 and 8.3.1).
 */
export function parseRequestHead(fields: readonly HeaderField[]): RequestHead {
  const { pseudo, regular } = splitFields(fields, REQUEST_PSEUDO);
  const method = pseudo.get(":method");
  if (!method) throw malformed("no :method");
  const path = pseudo.get(":path") ?? "";
  const scheme = pseudo.get(":scheme") ?? "";
  if (method !== "CONNECT" && (path === "" || scheme === "")) {
    throw malformed(path === "" ? "no :path" : "no :scheme");
  }
  const hosts = regular.filter((field) => field.name === "host");
  if (hosts.length > 1) throw malformed("host stands twice");
  const authority = pseudo.get(":authority") ?? hosts[0]?.value ?? "";
  return {
    method,
    path,
    scheme,
    authority,
    fields: regular,
    contentLength: parseContentLength(regular),
  };
}

/**
 * Checks a response's header list.
 *
 * @throws Http2Error `PROTOCOL_ERROR` on the stream, for a malformed response (RFC 9113 section 8.3.2).
 */
export function parseResponseHead(fields: readonly HeaderField[]): ResponseHead {
  const { pseudo, regular } = splitFields(fields, RESPONSE_PSEUDO);
  const status = pseudo.get(":status") ?? "";
  if (!/^[1-9]\d\d$/.test(status)) throw malformed(`:status is "${status}", not three digits`);
  return {
    status: Number(status),
    fields: regular,
    contentLength: parseContentLength(regular),
  };
}

/**
 * Checks trailers.
 *
 * @throws Http2Error `PROTOCOL_ERROR` on the stream, for pseudo-fields or malformed fields (RFC 9113 section 8.1).
 */
export function checkTrailers(fields: readonly HeaderField[]): void {
  splitFields(fields, new Set());
}

function splitFields(fields: readonly HeaderField[], allowed: ReadonlySet<string>) {
  const pseudo = new Map<string, string>();
  const regular: HeaderField[] = [];
  for (const field of fields) {
    if (field.name.startsWith(":")) {
      if (regular.length > 0) throw malformed(`${field.name} stands after a regular field`);
      if (!allowed.has(field.name)) throw malformed(`${field.name} does not belong there`);
      if (pseudo.has(field.name)) throw malformed(`${field.name} stands twice`);
      pseudo.set(field.name, checkValue(field));
    } else {
      checkRegularField(field);
      regular.push(field);
    }
  }
  return { pseudo, regular };
}

function checkRegularField(field: HeaderField): void {
  if (!isFieldName(field.name)) throw malformed(`"${field.name}" is not a field name`);
  checkValue(field);
  if (CONNECTION_FIELDS.has(field.name)) throw malformed(`${field.name} belongs to HTTP/1.1`);
  if (field.name === "te" && field.value !== "trailers") {
    throw malformed(`te is "${field.value}", not "trailers"`);
  }
}

/** Lower-case token characters (RFC 9110 section 5.6.2). */
function isFieldName(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    if (TOKEN[name.charCodeAt(at)] !== 1) return false;
  }
  return name.length > 0;
}

const TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = 1;
}

/** RFC 9113 section 8.2.1. */
const FORBIDDEN_IN_VALUE = /[\0\n\r]/;

function checkValue(field: HeaderField): string {
  const { value } = field;
  const at = value.search(FORBIDDEN_IN_VALUE);
  if (at >= 0) throw malformed(`the value of ${field.name} holds octet ${value.charCodeAt(at)}`);
  return value;
}

function parseContentLength(fields: readonly HeaderField[]): number | undefined {
  let length: number | undefined;
  for (const field of fields) {
    if (field.name !== "content-length") continue;
    if (!/^\d{1,15}$/.test(field.value)) {
      throw malformed(`content-length is "${field.value}", not a number`);
    }
    const value = Number(field.value);
    if (length !== undefined && length !== value) throw malformed("content-length stands twice");
    length = value;
  }
  return length;
}

function malformed(reason: string): Http2Error {
  return streamError(ErrorCode.PROTOCOL_ERROR, `Cannot take the header list: ${reason}`);
}
