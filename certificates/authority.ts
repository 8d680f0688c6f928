import type { ExtendedKeyUsage, Extension, Name, X509Certificate } from "@peculiar/x509";
import { CertificateError } from "./certificate_error.ts";
import type { HostName } from "./host_names.ts";
import { loadX509 } from "./load_x509.ts";

/** A certificate with its private key (PKCS #8), as PEM. */
export interface Credentials {
  readonly certificate: string;
  readonly privateKey: string;
}

/** From when to when a certificate counts, both to the second. */
export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

/** What signs the certificates of servers and clients. */
export interface Authority {
  readonly credentials: Credentials;
  readonly validity: Validity;
  /** A certificate with which a server answers for these names. */
  issueServer(hosts: readonly [HostName, ...HostName[]], validity: Validity): Promise<Credentials>;
  /** A certificate with which a client shows this name. */
  issueClient(name: string, validity: Validity): Promise<Credentials>;
}

/** P-256: what every TLS library takes, and WebCrypto has. */
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** Upper bound of a common name, in characters (RFC 5280 appendix A.1). */
const MAX_COMMON_NAME = 64;

/**
 * Makes an authority with a key of its own. It signs servers and clients, but no further authorities.
 *
 * Source: RFC 5280 section 4.2.1, for what an authority's certificate must contain.
 */
export async function createAuthority(validity: Validity): Promise<Authority> {
  const x509 = await loadX509();
  const keys = await generateKeys();
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // A name of its own: verifiers look issuers up by name, and would take one authority for another.
    name: await nameOf(`broker authority ${crypto.randomUUID().slice(0, 8)}`),
    ...datesOf(validity),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return toAuthority(certificate, keys.privateKey);
}

/**
 * Takes up an authority that `createAuthority()` made before.
 *
 * @throws CertificateError if it is none, or the key belongs to another certificate.
 */
export async function loadAuthority(credentials: Credentials): Promise<Authority> {
  const x509 = await loadX509();
  const certificate = parse("certificate", () => new x509.X509Certificate(credentials.certificate));
  const constraints = certificate.getExtension(x509.BasicConstraintsExtension);
  if (!constraints?.ca) {
    throw new CertificateError("its certificate is not one of an authority (CA:TRUE)");
  }
  const [pkcs8] = parse("key", () => x509.PemConverter.decode(credentials.privateKey));
  let privateKey: CryptoKey;
  try {
    privateKey = await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, true, ["sign"]);
  } catch (cause) {
    throw new CertificateError(
      "its key is not one for P-256 in PKCS #8, as broker cert writes it",
      {
        cause,
      },
    );
  }
  const probe = new Uint8Array(32);
  const signature = await crypto.subtle.sign(ALGORITHM, privateKey, probe);
  const publicKey = await exportForVerifying(certificate);
  if (!await crypto.subtle.verify(ALGORITHM, publicKey, signature, probe)) {
    throw new CertificateError("its key belongs to another certificate");
  }
  return toAuthority(certificate, privateKey);
}

function parse<Value>(what: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    throw new CertificateError(`its ${what} cannot be read as PEM`, { cause });
  }
}

async function exportForVerifying(certificate: X509Certificate): Promise<CryptoKey> {
  try {
    return await certificate.publicKey.export(ALGORITHM, ["verify"]);
  } catch (cause) {
    throw new CertificateError("its certificate has another key than one for P-256", { cause });
  }
}

async function toAuthority(
  certificate: X509Certificate,
  privateKey: CryptoKey,
): Promise<Authority> {
  const x509 = await loadX509();
  const { serverAuth, clientAuth } = x509.ExtendedKeyUsage;
  const issue = (commonName: string, usage: ExtendedKeyUsage, more: IssueOptions) =>
    issueLeaf({ certificate, privateKey }, commonName, { ...more, usage });
  return {
    credentials: {
      certificate: withLineEnd(certificate.toString("pem")),
      privateKey: await encodeKey(privateKey),
    },
    validity: { from: certificate.notBefore, until: certificate.notAfter },
    issueServer: (hosts, validity) =>
      issue(commonNameOf(hosts), serverAuth, {
        validity,
        extensions: [new x509.SubjectAlternativeNameExtension([...hosts])],
      }),
    async issueClient(name, validity) {
      checkClientName(name);
      return await issue(name, clientAuth, { validity, extensions: [] });
    },
  };
}

/** @throws CertificateError if a certificate cannot bear this name. */
export function checkClientName(name: string): void {
  if (name !== "" && [...name].length <= MAX_COMMON_NAME) return;
  throw new CertificateError(
    `Cannot make a certificate for the client "${name}": ` +
      `a name has 1 to ${MAX_COMMON_NAME} characters`,
  );
}

/** Programs look at the alternative names; the common name is for people. */
function commonNameOf([first]: readonly [HostName, ...HostName[]]): string {
  return first.value.length <= MAX_COMMON_NAME ? first.value : "broker server";
}

interface IssueOptions {
  readonly validity: Validity;
  readonly extensions: readonly Extension[];
}

async function issueLeaf(
  issuer: { readonly certificate: X509Certificate; readonly privateKey: CryptoKey },
  commonName: string,
  options: IssueOptions & { readonly usage: ExtendedKeyUsage },
): Promise<Credentials> {
  const x509 = await loadX509();
  const { publicKey, privateKey } = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: await nameOf(commonName),
    issuer: issuer.certificate.subjectName,
    ...datesOf(options.validity),
    publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([options.usage]),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate),
      ...options.extensions,
    ],
  });
  return {
    certificate: withLineEnd(certificate.toString("pem")),
    privateKey: await encodeKey(privateKey),
  };
}

function generateKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

/** Not as text: that has a syntax of its own, in which quotes, # and commas mean something. */
async function nameOf(commonName: string): Promise<Name> {
  const { Name } = await loadX509();
  return new Name([{ CN: [{ utf8String: commonName }] }]);
}

function datesOf({ from, until }: Validity): { notBefore: Date; notAfter: Date } {
  return { notBefore: from, notAfter: until };
}

async function encodeKey(key: CryptoKey): Promise<string> {
  const { PemConverter } = await loadX509();
  return withLineEnd(
    PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY"),
  );
}

function withLineEnd(pem: string): string {
  return `${pem.trimEnd()}\n`;
}
