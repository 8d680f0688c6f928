import { type CallRecord, type ServerInterceptor, Status, statusOf } from "../rpc/mod.ts";

/**
 * Tells of each call when what is inside has ended: who called what, the status, messages in and out, the time. Put it
 * first to see all; put it further in to time less. `now` gives ms. A sink that throws is told on stderr, and changes no
 * status.
 */
export function logCalls(
  sink: (record: CallRecord) => void,
  now: () => number = () => performance.now(),
): ServerInterceptor {
  return async function logCalls(call, next) {
    const startedMs = now();
    const tell = (status: { readonly code: number; readonly message: string }) => {
      const record = {
        path: call.path,
        peer: call.peer,
        code: status.code,
        message: status.message,
        received: call.received,
        sent: call.sent,
        durationMs: now() - startedMs,
      };
      try {
        sink(record);
      } catch (error) {
        // The client has its answers: a log that fails must not make another status of theirs.
        console.error("Cannot log a call:", error);
      }
    };
    try {
      await next();
    } catch (error) {
      tell(statusOf(error));
      throw error;
    }
    tell({ code: Status.OK, message: "" });
  };
}
