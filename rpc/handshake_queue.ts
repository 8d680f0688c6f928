import type { Socket as NetSocket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import type { Socket } from "./http2/mod.ts";
import { StreamSocket } from "./stream_socket.ts";
import { formatAddress } from "./transport.ts";

/** What the queue allows. */
export interface HandshakeLimits {
  /** Handshakes under way at one time; above it the oldest is cut off, since an honest one takes milliseconds. */
  readonly maxHandshakes: number;
  /** How long a handshake may take, in ms. */
  readonly handshakeTimeoutMs: number;
}

/** What the queue is told of its server, and whom it tells. */
export interface HandshakeQueueOptions extends HandshakeLimits {
  /** Clients must show a certificate. */
  readonly asksClients: boolean;
  /** Told why a handshake failed: "it showed no client certificate". */
  readonly onRefused?: ((reason: string) => void) | undefined;
}

interface Handshake {
  readonly raw: NetSocket;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Hands out the sockets of a TLS server whose handshake is done, in order. */
export class HandshakeQueue {
  readonly #limits: HandshakeLimits;
  readonly #sockets: Socket[] = [];
  /** By the addresses of both ends: the event that ends a handshake has another socket than the one that begins it. */
  readonly #handshakes = new Map<string, Handshake>();
  #waiters: { resolve: (socket: Socket) => void; reject: (error: Error) => void }[] = [];
  #closed = false;

  constructor(server: Server, options: HandshakeQueueOptions) {
    this.#limits = options;
    server.on("connection", (raw) => this.#begin(raw));
    server.on("tlsClientError", (error, socket) => {
      socket.destroy();
      options.onRefused?.(explainRefusal(error, socket));
    });
    server.on("secureConnection", (socket) => {
      this.#end(keyOf(socket));
      // The server has refused who is not; an error here would let everybody in.
      const isWelcome = socket.alpnProtocol === "h2" && (!options.asksClients || socket.authorized);
      if (this.#closed || !isWelcome) {
        socket.on("error", () => {});
        return void socket.destroy();
      }
      socket.setNoDelay(true);
      this.#offer(new StreamSocket(socket, peerOf(socket)));
    });
  }

  /** The next connection; rejects with `Deno.errors.BadResource` once closed. */
  next(): Promise<Socket> {
    if (this.#closed) return Promise.reject(new Deno.errors.BadResource("The listener is closed"));
    const socket = this.#sockets.shift();
    if (socket !== undefined) return Promise.resolve(socket);
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  close(): void {
    this.#closed = true;
    for (const { raw, timer } of this.#handshakes.values()) {
      clearTimeout(timer);
      raw.destroy();
    }
    this.#handshakes.clear();
    for (const { reject } of this.#waiters.splice(0)) {
      reject(new Deno.errors.BadResource("The listener is closed"));
    }
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  #begin(raw: NetSocket): void {
    const { maxHandshakes, handshakeTimeoutMs } = this.#limits;
    const [oldest] = this.#handshakes;
    if (this.#handshakes.size >= maxHandshakes) {
      oldest[1].raw.destroy();
      this.#end(oldest[0]);
    }
    const key = keyOf(raw);
    const timer = setTimeout(() => raw.destroy(), handshakeTimeoutMs);
    this.#handshakes.set(key, { raw, timer });
    raw.on("error", () => {});
    raw.once("close", () => {
      // The same address may have begun anew.
      if (this.#handshakes.get(key)?.raw === raw) this.#end(key);
    });
  }

  #end(key: string): void {
    clearTimeout(this.#handshakes.get(key)?.timer);
    this.#handshakes.delete(key);
  }

  #offer(socket: Socket): void {
    const waiter = this.#waiters.shift();
    if (waiter === undefined) this.#sockets.push(socket);
    else waiter.resolve(socket);
  }
}

type Ends = Pick<NetSocket, "remoteAddress" | "remotePort" | "localAddress">;

function keyOf({ remoteAddress, remotePort, localAddress }: Ends): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}

function peerOf({ remoteAddress = "", remotePort = 0 }: Ends): string {
  return formatAddress({ kind: "tcp", hostname: remoteAddress, port: remotePort });
}

/** `node:tls` has but one code for all certificates that do not pass (seen on Deno 2.9.6), and for hanging up. */
function explainRefusal(error: Error, socket: TLSSocket): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") {
    return "it showed no client certificate";
  }
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER") return "it does not speak TLS";
  if (code === "ERR_SSL_NO_APPLICATION_PROTOCOL") return "it does not speak HTTP/2";
  return socket.authorizationError
    ? "its client certificate is expired, not one for clients, or signed by another authority"
    : error.message;
}
