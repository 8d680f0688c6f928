import { GreetingError } from "../rpc/greeting_check.ts";
import { ErrorCode, Http2Error } from "../rpc/http2/mod.ts";
import type { RpcError, Target } from "../rpc/mod.ts";
import { portHint } from "./stranger_hint.ts";

/**
 * What is at a target that did not become a connection, and what to do, where it is no gRPC server or nobody can tell;
 * undefined for other failures.
 *
 * @param error What `Channel.connect()` threw: the reason is found among its causes.
 */
export function explainStranger(error: RpcError, target: Target): string | undefined {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if (at instanceof GreetingError) {
      return at.message.replace("the server ", "it ") + portHint(target);
    }
    if (isNoise(at)) return `what it says is not HTTP/2, which gRPC needs${portHint(target)}`;
    if (/^no answer within /.test(at.message)) {
      return `${at.message}; check host and port, or wait longer with --connect-timeout`;
    }
  }
  return undefined;
}

/** Text, read as the head of a frame, announces one of millions of octets. */
function isNoise(error: Error): boolean {
  return error instanceof Http2Error && error.origin === "local" &&
    error.code === ErrorCode.FRAME_SIZE_ERROR;
}
