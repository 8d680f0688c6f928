import { CommandError } from "../cli/mod.ts";
import { type Address, formatAddress } from "../rpc/mod.ts";
import { bareHost } from "../cli/bare_host.ts";
import { explainListenFailure } from "../cli/explain_listen_failure.ts";
import { isLoopback } from "./guard_request.ts";
import type { ServeFlags } from "./serve_page.ts";

/** Where a page listens: HTTP has TCP only. */
export type PageAddress = Extract<Address, { readonly kind: "tcp" }>;

/**
 * Tries the address of the page that the user named, and lets go of it: a server that cannot have it is to fail before
 * it says that it listens.
 *
 * @throws CommandError
 */
export function checkPagePort(flags: ServeFlags): void {
  const address = choosePageAddress(flags);
  const { hostname, port } = address;
  try {
    Deno.listen({ hostname, port }).close();
  } catch (cause) {
    throw describePageFailure(cause, address);
  }
}

/** Where the flags have the page: by default where the server is, if only this machine reaches that. */
export function choosePageAddress({ webHost, webPort, host }: ServeFlags): PageAddress {
  const own = isLoopback(host) ? host : "127.0.0.1";
  return { kind: "tcp", hostname: bareHost(webHost ?? own), port: webPort };
}

/** For who asked for a page at that address. */
export function describePageFailure(cause: unknown, address: PageAddress): CommandError {
  return new CommandError(
    `Cannot open the page on ${formatAddress(address)}: ${explainListenFailure(cause)}; choose ` +
      "another with --web-port and --web-host, or do without it with --no-web",
    { cause },
  );
}
