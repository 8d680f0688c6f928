import type * as NodeTls from "node:tls";
import {
  type HandshakeLimits,
  HandshakeQueue,
  type HandshakeQueueOptions,
} from "./handshake_queue.ts";
import { checkCredentials, type ServerTls } from "./tls_credentials.ts";
import { TlsError } from "./tls_error.ts";
import type { Address, BindOptions, Listener } from "./transport.ts";

/** A listener whose certificates can be replaced. */
export interface TlsListener extends Listener {
  /**
   * Shows other certificates from the next handshake on; connections that are there go on. Whether clients are asked for
   * theirs stays as it was.
   *
   * @throws TlsError and keeps the old ones
   */
  reload(tls: ServerTls): Promise<void>;
}

/** An address that TLS is served on: on a Unix socket there is nobody to hide from. */
export type TcpAddress = Address & { readonly kind: "tcp" };

/** Limits of handshakes, and who is told of those that fail; sizes and times as in `HandshakeLimits`. */
export type ListenTlsOptions = Partial<Omit<HandshakeQueueOptions, "asksClients">> & BindOptions;

/** As grpc-go's and Go's own; see docs/limits.md. */
const DEFAULTS = {
  maxHandshakes: 1000,
  handshakeTimeoutMs: 10_000,
} as const satisfies HandshakeLimits;

/**
 * Binds an address with TLS 1.2 or 1.3; only HTTP/2 is negotiated. Port 0 picks a free one.
 *
 * @throws TlsError if the certificate and the key cannot be used; the `Deno.errors` of `Deno.listen` otherwise.
 */
export async function listenTls(
  address: TcpAddress,
  tls: ServerTls,
  { reusePort = false, ...limits }: ListenTlsOptions = {},
): Promise<TlsListener> {
  await checkCredentials(tls, tls.clientRoots);
  const nodeTls = await import("node:tls");
  const asksClients = tls.clientRoots !== undefined;
  const server = nodeTls.createServer({
    ...secureContextOf(tls),
    ALPNProtocols: ["h2"],
    ...(asksClients ? { requestCert: true, rejectUnauthorized: true } : {}),
  });
  const queue = new HandshakeQueue(server, { ...DEFAULTS, ...limits, asksClients });
  const port = await bind(server, { ...address, reusePort });
  return {
    address: { ...address, port },
    accept: () => queue.next(),
    close() {
      server.close();
      queue.close();
    },
    async reload(next) {
      await checkCredentials(next, next.clientRoots);
      if ((next.clientRoots !== undefined) !== asksClients) {
        throw new TlsError("bad_roots", "clients cannot begin or cease to need certificates");
      }
      server.setSecureContext(secureContextOf(next));
    },
  };
}

function secureContextOf({ certificate, privateKey, clientRoots }: ServerTls) {
  return {
    cert: certificate,
    key: privateKey,
    minVersion: "TLSv1.2",
    ...(clientRoots === undefined ? {} : { ca: clientRoots }),
  } as const;
}

async function bind(
  server: NodeTls.Server,
  { hostname, port, reusePort }: TcpAddress & Required<BindOptions>,
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error) => reject(asListenError(error));
    server.once("error", onError);
    const where = { host: hostname, port, reusePort };
    server.listen(where, () => {
      server.off("error", onError);
      // A failure to accept one connection is not the end of the others.
      server.on("error", () => {});
      resolve();
    });
  });
  const bound = server.address();
  return bound !== null && typeof bound === "object" ? bound.port : port;
}

/** As `Deno.listen` has it, so that a server need not know which of the two it uses. */
function asListenError(error: Error): Error {
  const options = { cause: error };
  switch ("code" in error ? error.code : undefined) {
    case "EADDRINUSE":
      return new Deno.errors.AddrInUse(error.message, options);
    case "EACCES":
      return new Deno.errors.PermissionDenied(error.message, options);
    case "EADDRNOTAVAIL":
    // For an address of another machine (seen on Deno 2.9.6).
    case "EINVAL":
      return new Deno.errors.AddrNotAvailable(error.message, options);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new Error(`failed to lookup address information: ${error.message}`, options);
    default:
      return error;
  }
}
