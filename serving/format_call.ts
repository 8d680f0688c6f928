import { escapeControls } from "../cli/mod.ts";
import { type CallRecord, statusName } from "../rpc/mod.ts";

/** One line for a finished call: when, what, who, how, messages in and out, how long. */
export function formatCall(record: CallRecord, format: "text" | "json"): string {
  const { path, peer, received, sent } = record;
  const time = new Date().toISOString();
  const status = statusName(record.code);
  const durationMs = Math.round(record.durationMs * 1000) / 1000;
  const message = record.message === "" ? undefined : record.message;
  if (format === "json") {
    // JSON leaves DEL and C1 as they are.
    return escapeControls(
      JSON.stringify({ time, path, peer, status, message, received, sent, durationMs }),
    );
  }
  // A client wrote the path, and what a handler says may repeat what one sent.
  const where = escapeControls(path).replaceAll(" ", "\\u0020");
  const reason = message === undefined ? "" : ` (${escapeControls(message)})`;
  return `${time} ${where} ${peer} ${status}${reason} in=${received} out=${sent} ${durationMs}ms`;
}
