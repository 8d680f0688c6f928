import type { ClientInterceptor } from "../rpc/mod.ts";
import { checkToken } from "./token_set.ts";

/**
 * Sends `authorization: Bearer TOKEN` with each call, in place of what else stands there. Who can read the connection
 * can use the token: send it over TLS.
 *
 * @param token the token, or a function that is asked for it before each call
 * @throws Error for a token that cannot travel; from a function, the call ends with it
 */
export function sendToken(token: string | (() => string | Promise<string>)): ClientInterceptor {
  if (typeof token === "string") {
    const value = `Bearer ${checkToken(token)}`;
    return function sendToken(call, next) {
      call.metadata.set("authorization", value);
      return next().then(() => {});
    };
  }
  return async function sendToken(call, next) {
    const found = await token();
    call.metadata.set("authorization", `Bearer ${checkToken(found)}`);
    await next();
  };
}
