import { errorCodeName } from "./constants.ts";

/** Which of the two an error ends. */
export type ErrorScope = "stream" | "connection";

/** What went wrong in HTTP/2: the code that travels, how far it reaches, and who noticed. */
export class Http2Error extends Error {
  override readonly name = "Http2Error";
  /** An `ErrorCode`, or what the peer sent in its place. */
  readonly code: number;
  readonly scope: ErrorScope;
  /** `local` if we noticed and tell the peer, `remote` if the peer told us. */
  readonly origin: "local" | "remote";

  constructor(
    message: string,
    options: {
      readonly code: number;
      readonly scope: ErrorScope;
      readonly origin?: "local" | "remote";
      readonly cause?: unknown;
    },
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = options.code;
    this.scope = options.scope;
    this.origin = options.origin ?? "local";
  }

  /** The name of the code, as in `PROTOCOL_ERROR`. */
  get codeName(): string {
    return errorCodeName(this.code);
  }
}

/** An error that ends the connection with GOAWAY. */
export function connectionError(code: number, message: string): Http2Error {
  return new Http2Error(message, { code, scope: "connection" });
}

/** An error that ends one stream with RST_STREAM. */
export function streamError(code: number, message: string): Http2Error {
  return new Http2Error(message, { code, scope: "stream" });
}
