import { RpcError, Status } from "./status.ts";

/** What a client is told of a failure that is no `RpcError`: nothing that it is made of. */
const NEUTRAL = { code: Status.UNKNOWN, message: "The handler failed", details: undefined };

/** The status that a client gets for what a handler or an interceptor threw. */
export function statusOf(error: unknown): {
  readonly code: number;
  readonly message: string;
  readonly details: Uint8Array | undefined;
} {
  if (!(error instanceof RpcError)) return NEUTRAL;
  const { code, message, details } = error;
  return { code, message, details };
}
