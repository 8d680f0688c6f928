import { type InterceptedCall, RpcError, type ServerInterceptor, Status } from "../rpc/mod.ts";
import { TokenSet } from "./token_set.ts";

/** Options of `requireToken()`. */
export interface RequireTokenOptions {
  /** Services that need none, by full name: `grpc.health.v1.Health`, which some probes cannot send one to. Default none. */
  readonly openServices?: readonly string[];
}

/**
 * Takes only calls that carry `authorization: Bearer TOKEN` with one of these tokens; all others end with
 * UNAUTHENTICATED and a sentence that says what is missing, before anything of them is read, and without a word of
 * whether there is such a method.
 *
 * @param tokens a `TokenSet` where they may change
 * @throws Error if there is no token, or one cannot travel
 */
export function requireToken(
  tokens: TokenSet | Iterable<string>,
  options: RequireTokenOptions = {},
): ServerInterceptor {
  const known = tokens instanceof TokenSet ? tokens : new TokenSet(tokens);
  const open = new Set(options.openServices);
  return function requireToken(call, next) {
    if (!open.has(serviceOf(call.path))) {
      const fault = findFault(call, known);
      if (fault !== undefined) throw new RpcError(Status.UNAUTHENTICATED, fault);
    }
    return next();
  };
}

/** `/package.Service/Method` to `package.Service`. */
function serviceOf(path: string): string {
  return path.slice(1, path.lastIndexOf("/"));
}

function findFault({ metadata }: InterceptedCall, known: TokenSet): string | undefined {
  const values = metadata.get("authorization");
  const [value] = values;
  if (value === undefined) {
    return 'The call carries no token: send "authorization: Bearer TOKEN" with it';
  }
  if (values.length > 1) {
    return `The call carries ${values.length} values of "authorization": send one`;
  }
  // The name of the scheme is in any case (RFC 9110, section 11.1); the token has no whitespace.
  const token = typeof value === "string" ? /^bearer +(\S+) *$/i.exec(value)?.[1] : undefined;
  if (token === undefined) {
    return 'The "authorization" of the call is not of the form "Bearer TOKEN"';
  }
  return known.has(token) ? undefined : "The token of the call is not one that this server takes";
}
