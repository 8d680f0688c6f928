import { UsageError } from "../cli/mod.ts";
import { decodeBase64, Metadata } from "../rpc/mod.ts";

/** Fields that gRPC sets itself (PROTOCOL-HTTP2, "Requests"); they are never sent as metadata. */
const RESERVED = /^(?:grpc-.*|te|content-type|content-length|user-agent|host)$/i;

/**
 * Reads the lines of `-H`, each `name: value`; the value of a name that ends in `-bin` is base64.
 *
 * @throws UsageError that quotes the line, up to what may be a secret.
 *
 * @example
 * ```ts
 * readMetadata(["x-site: north", "x-key-bin: AAEC"]).get("x-site"); // ["north"]
 * ```
 */
export function readMetadata(lines: readonly string[]): Metadata {
  const metadata = new Metadata();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim();
    const value = line.slice(colon + 1).trim();
    if (RESERVED.test(name)) {
      throw new UsageError(`Cannot use -H "${line}": "${name}" belongs to the protocol`);
    }
    // What follows the name may be a token, which is not to be printed.
    const shown = colon < 0 ? line.replace(/(?<=\S)\s+\S.*/s, " …") : line;
    const octets = name.toLowerCase().endsWith("-bin") ? decodeBase64(value) : value;
    if (colon < 1 || octets === undefined) {
      const wanted = colon < 1 ? "name: value" : "name-bin: base64";
      throw new UsageError(`Cannot use -H "${shown}": it is not of the form "${wanted}"`);
    }
    try {
      metadata.add(name, octets);
    } catch (cause) {
      throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
  }
  return metadata;
}
