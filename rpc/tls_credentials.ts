import type { X509Certificate } from "node:crypto";
import { TlsError } from "./tls_error.ts";

/** What a client trusts and shows; certificates and keys as PEM. */
export interface ClientTls {
  /** Authorities to trust in place of the system's. A self-signed server certificate may stand for itself. */
  readonly rootCertificates?: string | undefined;
  /** The client's own certificate and key, for mutual TLS. */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  /** The name that the server's certificate must have; default: the address's host. */
  readonly serverName?: string | undefined;
  /** Takes any certificate: encrypted, but nobody knows with whom. Default false. */
  readonly insecure?: boolean | undefined;
}

/** What a server shows and asks for; certificates and keys as PEM. */
export interface ServerTls {
  readonly certificate: string;
  readonly privateKey: string;
  /** Clients must show a certificate signed by one of these. Default: clients need none. */
  readonly clientRoots?: string | undefined;
}

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Finds out whether certificate, key and authorities can be used. `node:tls` does not: on Deno 2.8 to 2.9.6 it takes
 * anything, and every handshake fails.
 *
 * @throws TlsError `bad_certificate`, `bad_key`, `bad_roots`; `unsupported` on Deno before 2.8, which checks less of a
 * server's certificate than it is asked to (2.6), and cannot replace the certificates of a listener.
 */
export async function checkCredentials(
  own: { readonly certificate: string; readonly privateKey: string } | undefined,
  roots: string | undefined,
): Promise<void> {
  const { Server } = await import("node:tls");
  if (typeof Server.prototype.setSecureContext !== "function") {
    const version = Deno.version.deno;
    throw new TlsError(
      "unsupported",
      `Deno ${version} cannot do all that it needs; use 2.8 or later`,
    );
  }
  const { X509Certificate, createPrivateKey } = await import("node:crypto");
  const readAll = (pem: string) =>
    pem.match(CERTIFICATE_BLOCK)?.map((block) => new X509Certificate(block)) ?? [];
  if (roots !== undefined) parseCertificates(() => readAll(roots), "bad_roots");
  if (own === undefined) return;
  const [certificate] = parseCertificates(() => readAll(own.certificate), "bad_certificate");
  let isMatch: boolean;
  try {
    isMatch = certificate.checkPrivateKey(createPrivateKey(own.privateKey));
  } catch (cause) {
    throw new TlsError("bad_key", explainKey(own.privateKey), { cause });
  }
  if (!isMatch) throw new TlsError("bad_key", "the key belongs to another certificate");
}

function parseCertificates(
  read: () => X509Certificate[],
  failure: "bad_certificate" | "bad_roots",
): X509Certificate[] {
  let certificates: X509Certificate[];
  try {
    certificates = read();
  } catch (cause) {
    throw new TlsError(failure, "the certificate is damaged", { cause });
  }
  if (certificates.length > 0) return certificates;
  throw new TlsError(failure, "there is no certificate in PEM (BEGIN CERTIFICATE) in it");
}

function explainKey(pem: string): string {
  if (pem.includes("ENCRYPTED")) {
    return 'the key is encrypted; decrypt it with "openssl pkey -in … -out …"';
  }
  return /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)
    ? "the key is damaged"
    : "there is no key in PEM (BEGIN PRIVATE KEY) in it";
}
