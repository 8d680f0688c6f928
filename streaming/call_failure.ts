import { RpcError, statusName } from "../rpc/mod.ts";
import type { StreamSummary } from "./stream_options.ts";

/** The status of a call that did not end well, as an error whose message also counts what was left unanswered. */
export function callFailure(
  { status, sent, answered, failedLine, firstUnansweredLine }: StreamSummary,
): RpcError {
  const { code, details, trailers } = status;
  const text = status.message === "" ? "" : `: ${status.message}`;
  const first = firstUnansweredLine === undefined
    ? ""
    : `, the first is line ${firstUnansweredLine}`;
  const left = failedLine === undefined && sent > answered
    ? `; ${sent - answered} of ${sent} rows sent have no answer${first}`
    : "";
  const which = failedLine === undefined ? "" : ` of line ${failedLine}`;
  const message = `The call${which} ended with ${statusName(code)}${text}${left}`;
  return new RpcError(code, message, { details, metadata: trailers });
}
