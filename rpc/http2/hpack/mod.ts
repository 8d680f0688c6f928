/**
 * Header compression for HTTP/2 (RFC 7541): octets to fields and back, with no I/O.
 *
 * @module
 */
export * from "./decoder.ts";
export * from "./encoder.ts";
export * from "./error.ts";
export * from "./field_octets.ts";
