import type { StreamSummary } from "./stream_options.ts";

/**
 * Says what a call that ended with OK has left undone; undefined if every row was sent and answered.
 *
 * @param source what messages call the input
 */
export function describeShortfall(summary: StreamSummary, source: string): string | undefined {
  const { sent, answered, refused, inputEnded, firstUnansweredLine } = summary;
  if (inputEnded && sent === answered + refused) return undefined;
  const counts = `${answered} of ${sent} rows sent were answered`;
  const first = firstUnansweredLine === undefined
    ? ""
    : `; the first without an answer is line ${firstUnansweredLine}`;
  return inputEnded
    ? `The server ended the call with OK, but ${counts}${first}`
    : `The server ended the call with OK before the end of "${source}": ${counts}, the rest was not sent${first}`;
}
