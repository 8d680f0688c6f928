import type { SERVER_TLS_FLAGS } from "../cli/commands/tls_flags.ts";
import {
  CommandError,
  type Io,
  type ParsedFlags,
  readTextFile,
  type Talk,
  UsageError,
} from "../cli/mod.ts";
import {
  type Address,
  type Listener,
  listenTls,
  type ServerTls,
  TlsError,
  type TlsListener,
} from "../rpc/mod.ts";
import { checkOrName } from "./client_tls.ts";

/** The parsed flags of `SERVER_TLS_FLAGS`. */
export type ServerTlsFlags = ParsedFlags<typeof SERVER_TLS_FLAGS>;

/** Whether `serve` is to speak TLS. @throws UsageError for a flag that another is missing to */
export function servesTls(flags: ServerTlsFlags): boolean {
  const { tlsCertPath, tlsKeyPath, tlsClientCaPath } = flags;
  if (tlsCertPath !== undefined && tlsKeyPath !== undefined) return true;
  if (tlsCertPath !== undefined) {
    throw new UsageError("Cannot use --tls-cert without --tls-key: TLS needs both");
  }
  if (tlsKeyPath !== undefined) {
    throw new UsageError("Cannot use --tls-key without --tls-cert: TLS needs both");
  }
  if (tlsClientCaPath === undefined) return false;
  throw new UsageError(
    "Cannot use --tls-client-ca without --tls-cert and --tls-key: " +
      "client certificates are asked for over TLS only",
  );
}

/**
 * Reads the files that the flags name; undefined where no TLS is asked for. Call it again to reload.
 *
 * @throws UsageError, or CommandError for a file that cannot be used.
 */
export async function readServerTls(flags: ServerTlsFlags): Promise<ServerTls | undefined> {
  if (!servesTls(flags)) return undefined;
  // Both are there: `servesTls()` has said so.
  const { tlsCertPath = "", tlsKeyPath = "", tlsClientCaPath } = flags;
  const certificate = await readTextFile(tlsCertPath);
  const privateKey = await readTextFile(tlsKeyPath);
  const clientRoots = tlsClientCaPath === undefined
    ? undefined
    : await readTextFile(tlsClientCaPath);
  await checkOrName({ own: { certificate, privateKey }, roots: clientRoots }, {
    bad_certificate: ["--tls-cert", tlsCertPath],
    bad_key: ["--tls-key", tlsKeyPath],
    bad_roots: ["--tls-client-ca", tlsClientCaPath],
  });
  return { certificate, privateKey, clientRoots };
}

/** What a listener with TLS is opened with. */
export interface TlsListenerContext {
  readonly flags: ServerTlsFlags;
  readonly io: Io;
  readonly talk: Talk;
  /** Whether others may bind the same port; see `BindOptions`. Default false. */
  readonly reusePort?: boolean;
}

/**
 * Binds an address with TLS, and reads the files of the flags again on each SIGHUP until it is closed.
 *
 * @throws CommandError where this runtime cannot serve TLS; the `Deno.errors` of `Deno.listen`.
 */
export async function openTlsListener(
  address: Address,
  tls: ServerTls,
  { flags, io, talk, reusePort = false }: TlsListenerContext,
): Promise<Listener> {
  if (address.kind === "unix") {
    throw new UsageError("Cannot combine --host unix:… with --tls-cert: TLS is for TCP only");
  }
  const onRefused = (reason: string) => talk.detail(`Refused a client: ${reason}`);
  const listener = await listenTls(address, tls, { onRefused, reusePort }).catch((cause) => {
    if (!(cause instanceof TlsError)) throw cause;
    throw new CommandError(`Cannot serve TLS: ${cause.message}`, { cause });
  });
  // One after the other: the files are those of the last signal.
  let reloading = Promise.resolve();
  const stopWatching = io.onHangup(() => {
    reloading = reloading.then(() => reload(listener, { flags, io, talk }));
  });
  return {
    address: listener.address,
    accept: () => listener.accept(),
    close() {
      stopWatching();
      listener.close();
    },
  };
}

async function reload(listener: TlsListener, { flags, talk }: TlsListenerContext): Promise<void> {
  try {
    const tls = await readServerTls(flags);
    if (tls !== undefined) await listener.reload(tls);
    talk.say(`Read the certificates again: "${flags.tlsCertPath}" is shown from now on`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    talk.fail(`${reason}; the certificates that were read before stay in use`);
  }
}
