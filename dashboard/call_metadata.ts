import { decodeBase64, encodeBase64, Metadata } from "../rpc/mod.ts";
import { describeError } from "../cli/describe_error.ts";
import { HttpError } from "./http_error.ts";
import { readBearer } from "./guard_request.ts";

/**
 * Fields that gRPC sets itself (PROTOCOL-HTTP2, "Requests"), and those of a connection, which HTTP/2 forbids (RFC 9113
 * section 8.2.2).
 */
const RESERVED =
  /^(?:grpc-.*|te|content-type|content-length|user-agent|host|connection|proxy-connection|keep-alive|transfer-encoding|upgrade)$/i;
/** Pairs that one call may have. */
const MAX_PAIRS = 64;

/**
 * Metadata of a call from the page: pairs of a name and its value, which is base64 for names that end in `-bin`; and the
 * token that the page itself was asked with, unless a pair says who calls.
 *
 * @throws HttpError 400 for what cannot travel
 */
export function readCallMetadata(
  request: Request,
  pairs: readonly (readonly [name: string, value: string])[] = [],
): Metadata {
  if (pairs.length > MAX_PAIRS) {
    throw new HttpError(400, `Cannot send ${pairs.length} pairs of metadata: at most ${MAX_PAIRS}`);
  }
  const metadata = new Metadata();
  for (const [name, value] of pairs) {
    if (RESERVED.test(name)) {
      throw new HttpError(400, `Cannot send the metadata "${name}": it belongs to the protocol`);
    }
    const octets = name.toLowerCase().endsWith("-bin") ? decodeBase64(value) : value;
    if (octets === undefined) {
      throw new HttpError(400, `Cannot send the metadata "${name}": its value is no base64`);
    }
    try {
      metadata.add(name, octets);
    } catch (cause) {
      throw new HttpError(400, describeError(cause), { cause });
    }
  }
  const token = readBearer(request);
  if (token !== undefined && metadata.get("authorization").length === 0) {
    metadata.add("authorization", `Bearer ${token}`);
  }
  return metadata;
}

/** Pairs of a name and its value, octets as base64. */
export function listMetadata(metadata: Metadata): [name: string, value: string][] {
  return Array.from(metadata, ([name, value]) => [
    name,
    typeof value === "string" ? value : encodeBase64(value, { padded: true }),
  ]);
}
