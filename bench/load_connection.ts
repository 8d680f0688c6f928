import {
  Http2Connection,
  type Http2Stream,
  type Socket,
  type StreamListener,
} from "../rpc/http2/mod.ts";
import { connect } from "../rpc/transport.ts";

/** Where the server under load listens on the loopback. */
export interface LoadTarget {
  readonly port: number;
  /** The authority (PEM) that signed its certificate: speaks TLS. Default: plain. */
  readonly rootCertificate?: string | undefined;
}

/** What the load generator lets a server send: no server waits for us. */
const WINDOW_OCTETS = 8 * 1024 * 1024;

/** One connection of the load generator. */
export class LoadConnection {
  readonly #connection: Http2Connection;
  readonly #done: Promise<void>;
  readonly #scheme: "http" | "https";

  /** Connects and waits for the server's SETTINGS. */
  static async open(target: LoadTarget): Promise<LoadConnection> {
    const socket = target.rootCertificate === undefined
      ? await connect({ kind: "tcp", hostname: "127.0.0.1", port: target.port })
      : await connectTls(target.port, target.rootCertificate);
    const ready = Promise.withResolvers<void>();
    const connection = new Http2Connection(socket, {
      role: "client",
      limits: { initialWindowOctets: WINDOW_OCTETS, connectionWindowOctets: 4 * WINDOW_OCTETS },
      events: { ready: ready.resolve },
    });
    const done = connection.run();
    done.then(() => ready.reject(new Error("The server closed the connection at once")));
    await ready.promise;
    return new LoadConnection(connection, done, target);
  }

  private constructor(connection: Http2Connection, done: Promise<void>, target: LoadTarget) {
    this.#connection = connection;
    this.#done = done;
    this.#scheme = target.rootCertificate === undefined ? "http" : "https";
  }

  openStream(path: string, listener: StreamListener): Http2Stream {
    return this.#connection.open([
      { name: ":method", value: "POST" },
      { name: ":scheme", value: this.#scheme },
      { name: ":path", value: path },
      { name: ":authority", value: "localhost" },
      { name: "te", value: "trailers" },
      { name: "content-type", value: "application/grpc" },
    ], listener);
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#done;
  }
}

/** Deno's own TLS: it costs the generator less than `node:tls`, which the library uses. */
async function connectTls(port: number, rootCertificate: string): Promise<Socket> {
  const conn = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [rootCertificate],
    alpnProtocols: ["h2"],
  });
  return {
    peer: `localhost:${port}`,
    read: (into) => conn.read(into),
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    close() {
      try {
        conn.close();
      } catch (error) {
        // The server was faster.
        if (!(error instanceof Deno.errors.BadResource)) throw error;
      }
    },
  };
}
