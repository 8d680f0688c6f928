import { CommandError } from "../cli/mod.ts";
import { isLoopback } from "./guard_request.ts";
import type { ServeFlags } from "./serve_page.ts";

/**
 * Tries the address of the page that the user named, and lets go of it: a server that cannot have it is to fail before
 * it says that it listens.
 *
 * @throws CommandError
 */
export function checkPagePort(flags: ServeFlags): void {
  const hostname = choosePageHost(flags);
  try {
    Deno.listen({ hostname: hostname.replace(/^\[|\]$/g, ""), port: flags.webPort }).close();
  } catch (cause) {
    throw describePageFailure(cause, `${hostname}:${flags.webPort}`);
  }
}

/** Where the page listens: where the server does, if others do not reach that. */
export function choosePageHost({ webHost, host }: ServeFlags): string {
  if (webHost !== undefined) return webHost;
  return isLoopback(host.replace(/^\[|\]$/g, "")) ? host : "127.0.0.1";
}

/** For who asked for a page at that address. */
export function describePageFailure(cause: unknown, where: string): CommandError {
  return new CommandError(
    `Cannot open the page on ${where}: ${reasonOf(cause)}; choose another with --web-port and ` +
      "--web-host, or do without it with --no-web",
    { cause },
  );
}

/** Why an address cannot be had. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.AddrInUse) return "it is in use";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address";
  }
  const message = error instanceof Error ? error.message : String(error);
  const reason = message.replace(/ \(os error \d+\)/, "");
  return reason.includes("failed to lookup") ? "there is no host of that name" : reason;
}
