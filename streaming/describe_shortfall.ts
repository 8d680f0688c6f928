import type { StreamSummary } from "./stream_rows.ts";

/**
 * Says what a call that ended with OK has left undone; undefined if every row was sent and answered.
 *
 * @param source what messages call the input
 */
export function describeShortfall(summary: StreamSummary, source: string): string | undefined {
  const { sent, answered, inputEnded } = summary;
  if (inputEnded && sent === answered) return undefined;
  const counts = `${answered} of ${sent} rows sent were answered`;
  return inputEnded
    ? `The server ended the call with OK, but ${counts}`
    : `The server ended the call with OK before the end of "${source}": ${counts}, the rest was not sent`;
}
