import { openTlsListener } from "../certificates/mod.ts";
import { CommandError } from "../cli/mod.ts";
import { type Address, formatAddress, type Listener, type ServerTls } from "../rpc/mod.ts";
// Not of rpc/mod.ts: programs leave it to RpcServer.
import { type BindOptions, listen } from "../rpc/transport.ts";
import { bareHost } from "../cli/bare_host.ts";
import { explainListenFailure } from "../cli/explain_listen_failure.ts";
import type { ServeContext } from "./serve_context.ts";

/** What an address is bound with. */
export interface ListenerOptions extends BindOptions {
  readonly tls: ServerTls | undefined;
}

/** Binds the address that the flags name. @throws CommandError that says why it cannot be bound */
export async function openListener(
  context: ServeContext,
  { tls, reusePort = false }: ListenerOptions,
): Promise<Listener> {
  const address = chooseAddress(context.flags);
  const { flags, io, talk, common } = context;
  // Each worker refuses clients of its own, and all of them read the same certificates again.
  const tlsTalk = { ...common, detail: talk.detail };
  try {
    if (tls === undefined) return listen(address, { reusePort });
    return await openTlsListener(address, tls, { flags, io, talk: tlsTalk, reusePort });
  } catch (error) {
    throw listenError(address, error);
  }
}

/** The address that the flags name; the port may be 0. */
export function chooseAddress(flags: Pick<ServeContext["flags"], "host" | "port">): Address {
  if (flags.host.startsWith("unix:")) return { kind: "unix", path: flags.host.slice(5) };
  return { kind: "tcp", hostname: bareHost(flags.host), port: flags.port };
}

/** Says why an address cannot be bound, and what to do. */
export function listenError(address: Address, cause: unknown): CommandError {
  if (cause instanceof CommandError) return cause;
  return new CommandError(
    `Cannot listen on ${formatAddress(address)}: ${explainListenFailure(cause)}` +
      adviseOn(cause, address),
    { cause },
  );
}

function adviseOn(error: unknown, { kind }: Address): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return kind === "unix"
      ? "; stop the other program, or remove the file if none is left"
      : "; stop the other program or choose another port with --port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) return "; choose another with --host";
  const isPort = error instanceof Deno.errors.PermissionDenied && kind === "tcp";
  return isPort ? "; choose a port above 1023 with --port" : "";
}
