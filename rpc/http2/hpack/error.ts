/** The HTTP/2 error codes that an {@linkcode HpackError} asks for. */
export type HpackErrorCode = "COMPRESSION_ERROR" | "ENHANCE_YOUR_CALM";

/**
 * A header block that cannot be decoded any further.
 *
 * The compression state is lost with it, so the caller ends the whole connection with `code`
 * (RFC 9113 section 4.3): `COMPRESSION_ERROR` for octets that break RFC 7541, `ENHANCE_YOUR_CALM` for
 * a block that is well formed but decodes to more than anybody needs.
 */
export class HpackError extends Error {
  override readonly name = "HpackError";

  constructor(readonly code: HpackErrorCode, message: string) {
    super(message);
  }
}
