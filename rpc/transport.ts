import type { Socket } from "./http2/mod.ts";

/** Where a server listens or a channel connects. */
export type Address =
  | { readonly kind: "tcp"; readonly hostname: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** `127.0.0.1:8061`, `[::1]:8061`, `unix:/run/broker.sock`. */
export function formatAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  const host = address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname;
  return `${host}:${address.port}`;
}

/** A bound address that hands out connected sockets. */
export interface Listener {
  readonly address: Address;
  /** The next connection; rejects with `Deno.errors.BadResource` once closed. */
  accept(): Promise<Socket>;
  close(): void;
}

/** How an address is bound. */
export interface BindOptions {
  /**
   * Let others of this user that say so, too, bind the same port: the kernel then spreads new connections over them
   * (SO_REUSEPORT; Linux, TCP). Default false.
   */
  readonly reusePort?: boolean;
}

/** Binds an address without TLS; port 0 picks a free one. @throws the `Deno.errors` of `Deno.listen`. */
export function listen(address: Address, { reusePort = false }: BindOptions = {}): Listener {
  if (address.kind === "unix") {
    const listener = Deno.listen({ transport: "unix", path: address.path });
    const peer = formatAddress(address);
    return {
      address,
      accept: async () => new ConnSocket(await listener.accept(), peer),
      close() {
        closeQuietly(listener);
        removeQuietly(address.path);
      },
    };
  }
  const { hostname, port } = address;
  // Only where it is asked for: Deno calls the option unstable, and ends the process where that is not allowed.
  const listener = Deno.listen({ hostname, port, ...(reusePort ? { reusePort } : {}) });
  return {
    address: { kind: "tcp", hostname, port: listener.addr.port },
    async accept() {
      return fromTcp(await listener.accept());
    },
    close: () => closeQuietly(listener),
  };
}

/** Connects without TLS; the signal ends the attempt. @throws the `Deno.errors` of `Deno.connect`. */
export async function connect(address: Address, signal?: AbortSignal): Promise<Socket> {
  if (address.kind === "unix") {
    const conn = await Deno.connect({ transport: "unix", path: address.path });
    return new ConnSocket(conn, formatAddress(address));
  }
  const { hostname, port } = address;
  const options = signal === undefined ? { port } : { port, signal };
  try {
    return fromTcp(await Deno.connect({ hostname, ...options }));
  } catch (error) {
    if (hostname !== "localhost" || signal?.aborted) throw error;
    return await connectToLoopback(options, error);
  }
}

/**
 * A server on `localhost` may listen on either loopback address, and the system's table may name only one of them
 * (RFC 6761 section 6.3). `Deno.connect` itself tries all addresses that a name resolves to.
 */
async function connectToLoopback(
  options: { readonly port: number; readonly signal?: AbortSignal },
  firstError: unknown,
): Promise<Socket> {
  for (const hostname of ["127.0.0.1", "::1"]) {
    try {
      return fromTcp(await Deno.connect({ hostname, ...options }));
    } catch {
      // What is wrong with the name itself says more.
    }
  }
  throw firstError;
}

function fromTcp(conn: Deno.TcpConn): Socket {
  // An answer is to leave at once: batching is ours, not the kernel's.
  conn.setNoDelay(true);
  const { hostname, port } = conn.remoteAddr;
  return new ConnSocket(conn, formatAddress({ kind: "tcp", hostname, port }));
}

/** A `Deno.Conn` as a `Socket`. */
class ConnSocket implements Socket {
  readonly peer: string;
  readonly #conn: Deno.Conn;

  constructor(conn: Deno.Conn, peer: string) {
    this.#conn = conn;
    this.peer = peer;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#conn.read(into);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#conn.write(bytes);
  }

  closeWrite(): Promise<void> {
    return this.#conn.closeWrite();
  }

  close(): void {
    closeQuietly(this.#conn);
  }
}

function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** A Unix socket's file outlives its listener. */
function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
