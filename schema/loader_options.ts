import type { Options } from "@grpc/proto-loader";

/**
 * How every schema of this program is loaded (DESIGN.md, "Seams"): field names as in the `.proto`, 64-bit
 * integers as decimal strings, enums by name.
 */
export const LOADER_OPTIONS = {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
} as const satisfies Options;
