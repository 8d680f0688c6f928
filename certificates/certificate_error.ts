/** A certificate cannot be made; the message is a sentence for the user. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}
