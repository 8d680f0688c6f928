import { describeError } from "./describe_error.ts";

/** Why an address cannot be listened on, in words. */
export function explainListenFailure(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "it is in use";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address";
  }
  // Only a Unix socket has one.
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist";
  const reason = describeError(error).replace(/ \(os error \d+\)/, "");
  return reason.includes("failed to lookup") ? "there is no host of that name" : reason;
}
