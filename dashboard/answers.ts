import { type Address, formatAddress, Status } from "../rpc/mod.ts";
// Not of rpc/mod.ts: programs leave it to RpcServer.
import { encodeStatusMessage } from "../rpc/status_message.ts";
import { HttpError } from "./http_error.ts";

/**
 * What every answer carries: nothing but our own files runs in the page, and no other origin reads or frames it.
 *
 * Source: owasp.org/www-project-secure-headers
 */
const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
} as const;

/** An answer with a body of some type. Nobody keeps it, unless `headers` say so. */
export function answer(
  body: BodyInit | null,
  contentType: string,
  options: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(body, {
    status: options.status ?? 200,
    headers: {
      ...SECURITY_HEADERS,
      "content-type": contentType,
      "cache-control": "no-store",
      ...options.headers,
    },
  });
}

/** An answer in JSON. */
export function answerJson(value: unknown, status = 200): Response {
  return answer(`${JSON.stringify(value)}\n`, "application/json; charset=utf-8", { status });
}

/** An answer that is sent as it is made; neither proxies nor the runtime are to pack it. */
export function answerStream(body: ReadableStream<Uint8Array>, contentType: string): Response {
  return answer(body, contentType, { headers: { "cache-control": "no-store, no-transform" } });
}

/** Whether a client of gRPC has taken the page for the server: it speaks HTTP/2 as well. */
export function isGrpc({ headers }: Request): boolean {
  return headers.get("content-type")?.startsWith("application/grpc") === true;
}

/** What is said of a called method's path, at most, in characters. */
const MAX_PATH_CHARS = 200;

/**
 * A status that such a client shows: where the server takes calls (PROTOCOL-HTTP2, "Trailers-Only"). It names what was
 * called, as some clients show nothing else.
 */
export function answerGrpc(path: string, address: Address): Response {
  const method = path.slice(1, MAX_PATH_CHARS);
  const message =
    `Cannot take the call of ${method}: this is the page of broker serve, which takes calls on ${
      formatAddress(address)
    }`;
  return answer(null, "application/grpc", {
    headers: {
      "grpc-status": String(Status.FAILED_PRECONDITION),
      "grpc-message": encodeStatusMessage(message),
    },
  });
}

/** `{ "error": … }` */
export function answerError({ status, message, headers }: HttpError): Response {
  const body = `${JSON.stringify({ error: message })}\n`;
  return answer(body, "application/json; charset=utf-8", { status, headers });
}
