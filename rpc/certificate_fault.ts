import type { PeerCertificate } from "node:tls";
import { TlsError } from "./tls_error.ts";

/** Object identifiers in DER: the extension "extended key usage", and the usage of servers (RFC 5280 section 4.2.1.12). */
const EXTENDED_KEY_USAGE = [0x06, 0x03, 0x55, 0x1d, 0x25];
const SERVER_AUTHENTICATION = [0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];

/** Says why a server's certificate did not pass; that it did not was decided before, and elsewhere. */
export async function findCertificateFault(
  certificate: PeerCertificate,
  nowMs: number,
): Promise<TlsError> {
  const { raw, valid_from, valid_to } = certificate;
  if (Date.parse(valid_to) < nowMs) {
    return new TlsError("expired", `its certificate expired on ${valid_to}`);
  }
  if (Date.parse(valid_from) > nowMs) {
    return new TlsError("not_yet_valid", `its certificate is not valid before ${valid_from}`);
  }
  // `X509Certificate.keyUsage` tells the other key usage (seen on Deno 2.9.6).
  if (contains(raw, EXTENDED_KEY_USAGE) && !contains(raw, SERVER_AUTHENTICATION)) {
    return new TlsError("wrong_usage");
  }
  const { X509Certificate } = await import("node:crypto");
  const { subject, issuer } = new X509Certificate(raw);
  return new TlsError(subject === issuer ? "self_signed" : "untrusted");
}

function contains(octets: Uint8Array, wanted: readonly number[]): boolean {
  return octets.some((_, at) => wanted.every((octet, offset) => octets[at + offset] === octet));
}
