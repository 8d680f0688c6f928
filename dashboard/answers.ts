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

/** `{ "error": … }` */
export function answerError({ status, message, headers }: HttpError): Response {
  const body = `${JSON.stringify({ error: message })}\n`;
  return answer(body, "application/json; charset=utf-8", { status, headers });
}
