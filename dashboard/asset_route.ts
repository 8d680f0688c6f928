import { answer } from "./answers.ts";
import { HttpError } from "./http_error.ts";

/** The page's files; a compiled binary carries them (`deno compile --include dashboard/assets`). */
const ASSETS = new URL("./assets/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  json: "application/json; charset=utf-8",
  txt: "text/plain; charset=utf-8",
};

/** One of the page's files. A browser asks each time whether it has changed: another version may stand there. */
export async function answerAsset(name: string, request: Request): Promise<Response> {
  const [, ending = ""] = /^[\w-]+(?:\.[\w-]+)*\.([a-z]+)$/.exec(name) ?? [];
  const type = TYPES[ending];
  if (type === undefined) throw notFound(name);
  let octets: Uint8Array<ArrayBuffer>;
  try {
    octets = await Deno.readFile(new URL(name, ASSETS));
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) throw notFound(name);
    throw cause;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  const headers = { etag: `"${digest.toHex().slice(0, 32)}"`, "cache-control": "no-cache" };
  if (request.headers.get("if-none-match") === headers.etag) {
    return answer(null, type, { status: 304, headers });
  }
  return answer(octets, type, { headers });
}

function notFound(name: string): HttpError {
  return new HttpError(404, `There is no file ${JSON.stringify(name)}: the page is at /`);
}
