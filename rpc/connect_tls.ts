import type * as NodeTls from "node:tls";
import { findCertificateFault } from "./certificate_fault.ts";
import type { Socket } from "./http2/mod.ts";
import { StreamSocket } from "./stream_socket.ts";
import { checkCredentials, type ClientTls } from "./tls_credentials.ts";
import { explainTlsFailure, TlsError } from "./tls_error.ts";
import { type Address, formatAddress } from "./transport.ts";

type Tls = typeof NodeTls;

/** gRPC is HTTP/2; nothing else is offered (RFC 9113 section 3.2). */
const ALPN_PROTOCOLS = ["h2"];

/**
 * Connects with TLS and HTTP/2 in it.
 *
 * @throws TlsError that says what is wrong with whose certificate; the errors of a plain connection otherwise.
 *
 * @example
 * ```ts
 * const channel = new Channel("localhost:8061", {
 *   scheme: "https",
 *   connect: ({ address }, signal) => connectTls(address, { rootCertificates, signal }),
 * });
 * ```
 */
export async function connectTls(
  address: Address,
  options: ClientTls & { readonly signal?: AbortSignal | undefined },
): Promise<Socket> {
  const { rootCertificates, certificate, privateKey } = options;
  await checkCredentials(readOwn(options), rootCertificates);
  const tls = await import("node:tls");
  const ca = rootCertificates ?? systemRoots(tls);
  const settings: NodeTls.ConnectionOptions = {
    ...nameToVerify(tls, address, options.serverName),
    ALPNProtocols: ALPN_PROTOCOLS,
    rejectUnauthorized: !options.insecure,
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(privateKey === undefined ? {} : { key: privateKey }),
  };
  const socket = await connectFirst(tls, placesOf(address), { ...options, settings });
  if (socket.alpnProtocol !== "h2") {
    socket.destroy();
    throw new TlsError("no_http2");
  }
  socket.setNoDelay(true);
  return new StreamSocket(socket, formatAddress(address), {
    explain: (error) => explainTlsFailure(error),
    explainSilence: () => new TlsError("closed_after_handshake"),
  });
}

function readOwn(
  { certificate, privateKey }: ClientTls,
): { readonly certificate: string; readonly privateKey: string } | undefined {
  if (certificate === undefined && privateKey === undefined) return undefined;
  return { certificate: certificate ?? "", privateKey: privateKey ?? "" };
}

/** The roots of this machine; where it has none, or Deno before 2.8 cannot name them, those that Deno trusts by itself. */
function systemRoots(tls: Tls): string[] | undefined {
  if (typeof tls.getCACertificates !== "function") return undefined;
  const roots = tls.getCACertificates("system");
  return roots.length > 0 ? roots : undefined;
}

/** What goes into SNI and is checked. An IP address must not be sent (RFC 6066 section 3), but is checked. */
function nameToVerify(
  tls: Tls,
  address: Address,
  serverName: string | undefined,
): NodeTls.ConnectionOptions {
  const name = serverName ?? (address.kind === "tcp" ? address.hostname : "localhost");
  const isAddress = /^[\d.]+$|:/.test(name);
  return {
    ...(isAddress ? {} : { servername: name }),
    checkServerIdentity(_host, certificate) {
      const error = tls.checkServerIdentity(name, certificate);
      if (error === undefined) return undefined;
      const message = `its certificate is for ${describeNames(certificate)}`;
      return new TlsError("wrong_name", message, { cause: error });
    },
  };
}

function describeNames({ subject, subjectaltname }: NodeTls.PeerCertificate): string {
  const names = subjectaltname?.replaceAll(/(?:DNS|IP Address|IP):/g, "");
  return names === undefined || names === "" ? `"${subject?.CN ?? ""}"` : names;
}

/** A server on `localhost` may listen on either loopback address (RFC 6761 section 6.3); `node:tls` tries one. */
function placesOf(address: Address): NodeTls.ConnectionOptions[] {
  if (address.kind === "unix") return [{ path: address.path }];
  const { hostname, port } = address;
  const hosts = hostname === "localhost" ? ["127.0.0.1", "::1"] : [hostname];
  return hosts.map((host) => ({ host, port }));
}

interface Attempt {
  readonly settings: NodeTls.ConnectionOptions;
  readonly signal?: AbortSignal | undefined;
  /** Given the server's certificate, at the only time when it is sure to be there. */
  readonly onShown?: (certificate: NodeTls.PeerCertificate) => void;
}

async function connectFirst(
  tls: Tls,
  places: readonly NodeTls.ConnectionOptions[],
  attempt: Attempt,
): Promise<NodeTls.TLSSocket> {
  let refused: unknown;
  for (const place of places) {
    try {
      return await handshake(tls, place, attempt);
    } catch (error) {
      if (error instanceof TlsError && error.failure === "untrusted") {
        throw await explainDistrust(tls, place, { attempt, error });
      }
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

/**
 * A more exact error than that a certificate is not trusted. Deno 2.9 has one code for all that is wrong with one, and
 * nothing to look at after the failure; so the server is asked for it once more, by a connection that serves nothing else.
 */
async function explainDistrust(
  tls: Tls,
  place: NodeTls.ConnectionOptions,
  { attempt, error }: { readonly attempt: Attempt; readonly error: TlsError },
): Promise<TlsError> {
  const { settings, signal } = attempt;
  const { servername, ALPNProtocols } = settings;
  try {
    let shown: NodeTls.PeerCertificate | undefined;
    const onShown = (certificate: NodeTls.PeerCertificate) => shown = certificate;
    const socket = await handshake(tls, place, {
      settings: {
        ...(servername === undefined ? {} : { servername }),
        ALPNProtocols,
        rejectUnauthorized: false,
      },
      signal,
      onShown,
    });
    socket.destroy();
    return shown === undefined ? error : await findCertificateFault(shown, Date.now());
  } catch {
    // What is known is enough.
    return error;
  }
}

function handshake(
  tls: Tls,
  place: NodeTls.ConnectionOptions,
  { settings, signal, onShown }: Attempt,
): Promise<NodeTls.TLSSocket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = tls.connect({ ...settings, ...place });
    const settle = () => {
      signal?.removeEventListener("abort", onAbort);
      socket.off("close", onClose);
    };
    const fail = (error: unknown) => {
      settle();
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal?.reason);
    const onClose = () => fail(new TlsError("closed_in_handshake"));
    signal?.addEventListener("abort", onAbort, { once: true });
    // Stays: an error without a listener would end the process.
    socket.on("error", (error) => fail(asConnectError(error)));
    socket.once("close", onClose);
    socket.once("secureConnect", () => {
      settle();
      onShown?.(socket.getPeerCertificate());
      resolve(socket);
    });
  });
}

/** A connection that failed before TLS began fails as a plain one does. */
function asConnectError(error: Error): Error {
  const options = { cause: error };
  switch ("code" in error ? error.code : undefined) {
    case "ECONNREFUSED":
      return new Deno.errors.ConnectionRefused(error.message, options);
    case "ENOENT":
      return new Deno.errors.NotFound(error.message, options);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      // As Deno.connect has it.
      return new Error(`failed to lookup address information: ${error.message}`, options);
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return error;
    case "ECONNRESET":
    case "EPIPE":
      return new TlsError("closed_in_handshake", undefined, options);
    default:
      return explainTlsFailure(error);
  }
}
