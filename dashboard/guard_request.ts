import { bareHost } from "../cli/bare_host.ts";
import { HttpError } from "./http_error.ts";

/** Who may ask. */
export interface Guard {
  /** What the page listens on, as it was named: `127.0.0.1`, `0.0.0.0`, `measuring-pc`. */
  readonly hostname: string;
  /** Whether a bearer token is one of the server's; undefined where it takes calls without. */
  readonly takesToken: ((token: string) => boolean) | undefined;
}

const WILDCARDS = ["0.0.0.0", "::"];

/**
 * Refuses a request that was sent to another name. A page of somebody else's can have its name lead here (DNS
 * rebinding), and would read what is answered.
 *
 * Loopback names are ours, and so is the name that we listen on. Who listens on all addresses is reached by names that
 * we do not know: addresses are taken then, and names that nobody can register.
 *
 * @throws HttpError 421
 */
export function checkHost(request: Request, { hostname }: Guard): void {
  const host = hostOf(request.headers.get("host") ?? "");
  const own = bareHost(hostname).toLowerCase();
  if (isLoopback(host) || host === own) return;
  const isOpen = WILDCARDS.includes(own);
  if (isOpen && (isAddress(host) || isPrivateName(host) || host === ownName())) return;
  throw new HttpError(
    421,
    `Cannot answer for the host ${JSON.stringify(host)}: ask for the address that the server ` +
      "listens on, or start it with that name as --web-host",
  );
}

/**
 * Refuses a request that a page of another origin sent. What a browser says is enough: other programs can send
 * anything, but cannot use a user's browser.
 *
 * @throws HttpError 403
 */
export function checkOrigin({ headers }: Request): void {
  const site = headers.get("sec-fetch-site") ?? "none";
  const origin = headers.get("origin");
  const isForeign = origin !== null && !/^https?:\/\//.test(origin) ||
    origin !== null && origin.replace(/^https?:\/\//, "") !== headers.get("host");
  if ((site === "same-origin" || site === "none") && !isForeign) return;
  throw new HttpError(
    403,
    "Cannot answer a page of another origin: open the server's own page, or ask without a browser",
  );
}

/** Refuses a request without one of the tokens that calls need. @throws HttpError 401 */
export function checkToken(request: Request, { takesToken }: Guard): void {
  if (takesToken === undefined) return;
  const token = readBearer(request);
  if (token !== undefined && takesToken(token)) return;
  const reason = token === undefined
    ? 'The request carries no token: send "Authorization: Bearer TOKEN" with it'
    : "The token of the request is not one that this server takes";
  throw new HttpError(401, reason, { headers: { "www-authenticate": "Bearer" } });
}

/** The token that a request carries. */
export function readBearer({ headers }: Request): string | undefined {
  return /^bearer +(\S+) *$/i.exec(headers.get("authorization") ?? "")?.[1];
}

/** The name or address without its port and brackets, in lower case. */
function hostOf(authority: string): string {
  const host = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(authority)?.[1] ?? authority;
  return bareHost(host).toLowerCase().replace(/\.$/, "");
}

/** Names and addresses that lead to this machine wherever they are looked up (RFC 6761 section 6.3). */
export function isLoopback(hostname: string): boolean {
  const host = bareHost(hostname).toLowerCase();
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" ||
    /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** An address needs no name to be looked up, so that nobody can have one lead here. */
function isAddress(host: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(host) || host.includes(":");
}

/** Names that the public DNS does not have: those of a container network, a cluster, or a local network. */
function isPrivateName(host: string): boolean {
  return /^[a-z0-9_-]+$/.test(host) || /\.(?:local|internal|localdomain)$/.test(host);
}

function ownName(): string | undefined {
  try {
    return Deno.hostname().toLowerCase();
  } catch {
    return undefined;
  }
}
