import { openTlsListener } from "../certificates/mod.ts";
import { CommandError } from "../cli/mod.ts";
import { type Address, formatAddress, type Listener, type ServerTls } from "../rpc/mod.ts";
// Not of rpc/mod.ts: programs leave it to RpcServer.
import { type BindOptions, listen } from "../rpc/transport.ts";
import { describeError } from "./describe_error.ts";
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
export function chooseAddress(flags: ServeContext["flags"]): Address {
  if (flags.host.startsWith("unix:")) return { kind: "unix", path: flags.host.slice(5) };
  return { kind: "tcp", hostname: flags.host, port: flags.port };
}

/** Says why an address cannot be bound, and what to do. */
export function listenError(address: Address, cause: unknown): CommandError {
  if (cause instanceof CommandError) return cause;
  const where = formatAddress(address);
  const reason = explainListenFailure(cause, address);
  return new CommandError(`Cannot listen on ${where}: ${reason}`, { cause });
}

function explainListenFailure(error: unknown, address: Address): string {
  if (error instanceof Deno.errors.AddrInUse) {
    return address.kind === "unix"
      ? "it is in use; stop the other program, or remove the file if none is left"
      : "it is in use; stop the other program or choose another port with --port";
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return address.kind === "unix"
      ? "permission denied"
      : "permission denied; choose a port above 1023 with --port";
  }
  if (error instanceof Deno.errors.AddrNotAvailable) {
    return "this machine does not have that address; choose another with --host";
  }
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist";
  const reason = describeError(error).replace(/ \(os error \d+\)/, "");
  return reason.includes("failed to lookup") ? "there is no host of that name" : reason;
}
