import type { CallRecord, ClientInterceptor } from "../rpc/mod.ts";

/** One finished call, as its client saw it. */
export type OutgoingCallRecord = Omit<CallRecord, "peer">;

/** Tells of each call of a channel when it has ended; the other side of `logCalls()`. `now` gives ms. */
export function logOutgoingCalls(
  sink: (record: OutgoingCallRecord) => void,
  now: () => number = () => performance.now(),
): ClientInterceptor {
  return async function logOutgoingCalls(call, next) {
    const startedMs = now();
    const { code, message } = await next();
    const { path, received, sent } = call;
    sink({ path, code, message, received, sent, durationMs: now() - startedMs });
  };
}
