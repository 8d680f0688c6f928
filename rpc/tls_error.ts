/** Why TLS did not come about. */
export type TlsFailure = keyof typeof MESSAGES;

const MESSAGES = {
  /** The server's certificate is signed by nobody that we trust. */
  untrusted: "its certificate is signed by an authority that is not trusted",
  /** It is a self-signed one, which only it itself could vouch for. */
  self_signed: "its certificate is self-signed and not trusted",
  expired: "its certificate has expired",
  not_yet_valid: "its certificate is not valid yet",
  /** It is for other names than the one asked for. */
  wrong_name: "its certificate is for another name",
  /** Its extended key usage is another. */
  wrong_usage: "its certificate is not one for servers",
  /** The other side does not speak TLS. */
  not_tls: "it does not speak TLS",
  /** It does, and we do not. */
  wants_tls: "it speaks TLS",
  /** The server wants a certificate of ours. */
  certificate_required: "it asks for a client certificate",
  /** The server does not take our certificate. */
  certificate_refused: "it does not accept the client certificate",
  /** As servers do that want another certificate of the client, or any, and do not say so. */
  closed_after_handshake: "it closed the connection right after the TLS handshake",
  closed_in_handshake: "it closed the connection in the middle of the TLS handshake",
  /** It speaks TLS, but not HTTP/2 in it. */
  no_http2: "it does not speak HTTP/2 over TLS",
  /** A file of ours cannot be used. */
  bad_certificate: "the certificate cannot be used",
  bad_key: "the key cannot be used",
  bad_roots: "the trusted certificates cannot be used",
  /** This version of Deno cannot do it. */
  unsupported: "this version of Deno cannot do it",
  other: "the TLS handshake failed",
} as const;

/** TLS did not come about. The message is the end of a sentence that begins with what was tried. */
export class TlsError extends Error {
  override readonly name = "TlsError";
  readonly failure: TlsFailure;

  constructor(failure: TlsFailure, message: string = MESSAGES[failure], options?: ErrorOptions) {
    super(message, options);
    this.failure = failure;
  }
}

/** Codes of `node:tls` (as OpenSSL names them, and as Deno 2.7 to 2.9 give them) by what they mean to a client. */
const FAILURE_OF_CODE: ReadonlyMap<string, TlsFailure> = new Map([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "untrusted"],
  ["UNABLE_TO_GET_ISSUER_CERT", "untrusted"],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "untrusted"],
  ["SELF_SIGNED_CERT_IN_CHAIN", "untrusted"],
  ["CERT_SIGNATURE_FAILURE", "untrusted"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "self_signed"],
  ["CERT_HAS_EXPIRED", "expired"],
  ["CERT_NOT_YET_VALID", "not_yet_valid"],
  ["INVALID_PURPOSE", "wrong_usage"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "wrong_name"],
  ["ERR_SSL_WRONG_VERSION_NUMBER", "not_tls"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "certificate_required"],
  // What a server that speaks TLS 1.2 at most says of a missing certificate.
  ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "certificate_required"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "certificate_refused"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", "certificate_refused"],
  ["ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE", "certificate_refused"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED", "certificate_refused"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "certificate_refused"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN", "certificate_refused"],
  ["ERR_SSL_TLSV1_ALERT_ACCESS_DENIED", "certificate_refused"],
  ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "no_http2"],
]);

/** What the text of an error says where its code does not: Deno 2.6 hides it, some alerts have none. */
const FAILURE_OF_TEXT: readonly (readonly [RegExp, TlsFailure])[] = [
  [/InvalidContentType|wrong version|corrupt message/i, "not_tls"],
  [/alert: CertificateRequired|certificate required/i, "certificate_required"],
  [
    /alert: (?:UnknownCA|BadCertificate|UnsupportedCertificate|Certificate\w+|AccessDenied)/,
    "certificate_refused",
  ],
  [/alert: NoApplicationProtocol/, "no_http2"],
  [/UnknownIssuer/, "untrusted"],
  [/CaUsedAsEndEntity/, "self_signed"],
  [/NotValidYet/, "not_yet_valid"],
  [/NotValidForName/, "wrong_name"],
  [/Expired/, "expired"],
  [/socket disconnected before secure/, "closed_in_handshake"],
];

/** Makes sense of what `node:tls` throws. */
export function explainTlsFailure(error: unknown): TlsError {
  if (error instanceof TlsError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const text = error instanceof Error ? error.message : String(error);
  const failure = FAILURE_OF_CODE.get(code) ??
    FAILURE_OF_TEXT.find(([pattern]) => pattern.test(text))?.[1] ?? "other";
  const message = failure === "other" ? `${MESSAGES.other} (${text})` : MESSAGES[failure];
  return new TlsError(failure, message, { cause: error });
}
