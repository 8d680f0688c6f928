import type { HeaderField } from "../header_field.ts";

/**
 * What becomes of a field that is sent as a literal: it enters the table, it does not, or it must not
 * at any hop that it passes.
 */
export type Indexing = "incremental" | "none" | "never";

/** A cookie shorter than this could be guessed octet by octet (RFC 7541 section 7.1). */
const GUESSABLE_COOKIE_OCTETS = 20;

/** Names whose values are secrets, or differ from one message to the next. All others are `incremental`. */
const INDEXING_OF_NAME: ReadonlyMap<string, Indexing> = new Map<string, Indexing>([
  ["authorization", "never"],
  ["proxy-authorization", "never"],
  ["age", "none"],
  ["content-length", "none"],
  ["date", "none"],
  ["etag", "none"],
  ["grpc-message", "none"],
  ["grpc-retry-pushback-ms", "none"],
  ["grpc-timeout", "none"],
  ["b3", "none"],
  ["traceparent", "none"],
  ["tracestate", "none"],
  ["uber-trace-id", "none"],
  ["x-amzn-trace-id", "none"],
  ["x-b3-parentspanid", "none"],
  ["x-b3-spanid", "none"],
  ["x-b3-traceid", "none"],
  ["x-cloud-trace-context", "none"],
  ["x-correlation-id", "none"],
  ["x-request-id", "none"],
]);

/**
 * Decides whether a literal field is worth an entry in the table, and whether it may have one.
 *
 * `:path` is: a gRPC client calls the same few methods again and again. Names in `-bin` are not: they
 * carry trace contexts, status details and payloads.
 *
 * Source: RFC 7541 sections 6.2 and 7.1.3.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(indexingOf({ name: "content-type", value: "application/grpc" }), "incremental");
 * assert.equal(indexingOf({ name: "grpc-timeout", value: "1S" }), "none");
 * assert.equal(indexingOf({ name: "authorization", value: "Bearer x" }), "never");
 * ```
 */
export function indexingOf(field: HeaderField): Indexing {
  const { name, value, sensitive } = field;
  if (sensitive) return "never";
  if (name === "cookie" && value.length < GUESSABLE_COOKIE_OCTETS) return "never";
  return INDEXING_OF_NAME.get(name) ?? (name.endsWith("-bin") ? "none" : "incremental");
}
