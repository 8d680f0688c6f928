import { type Metadata, Status } from "../rpc/mod.ts";

/**
 * Ends the sentence about a call that was refused for want of a token; empty for any other status, and where the call
 * said who is calling.
 *
 * @param sent What went with the call.
 */
export function tokenHint(code: number, sent: Metadata): string {
  const isHelpful = code === Status.UNAUTHENTICATED && sent.get("authorization").length === 0;
  return isHelpful ? "; send a token with --token-file" : "";
}
