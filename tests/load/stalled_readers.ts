import { Http2Connection, type StreamListener } from "../../rpc/http2/mod.ts";
import { connect } from "../../rpc/transport.ts";
import { PREDICT, REQUEST } from "./databroker_request.ts";

/** What the client lets the server send on each stream and connection: RFC 9113's own default. */
const WINDOW_OCTETS = 65_535;
const BLOCK = new Uint8Array(REQUEST.length * 1000);
for (let at = 0; at < BLOCK.length; at += REQUEST.length) BLOCK.set(REQUEST, at);

const HEAD = [
  { name: ":method", value: "POST" },
  { name: ":scheme", value: "http" },
  { name: ":path", value: PREDICT },
  { name: ":authority", value: "localhost" },
  { name: "te", value: "trailers" },
  { name: "content-type", value: "application/grpc" },
];
const SILENT: StreamListener = { head() {}, trailers() {}, data() {}, writable() {}, closed() {} };

/** Clients that send all that the server takes, and read no answer: one stream each, on a connection of its own. */
export class StalledReaders implements Disposable {
  readonly #connections: Http2Connection[] = [];
  /** Octets that the servers have taken from all of them. */
  taken = 0;

  /** Adds readers; settles when the server takes no more from any. */
  async open(port: number, count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, async () => {
      const taken = await this.#stall(await this.#connect(port));
      this.taken += taken;
    }));
  }

  async #connect(port: number): Promise<Http2Connection> {
    const ready = Promise.withResolvers<void>();
    const connection = new Http2Connection(
      await connect({ kind: "tcp", hostname: "127.0.0.1", port }),
      {
        role: "client",
        limits: { initialWindowOctets: WINDOW_OCTETS, connectionWindowOctets: WINDOW_OCTETS },
        events: { ready: ready.resolve },
      },
    );
    this.#connections.push(connection);
    connection.run();
    await ready.promise;
    return connection;
  }

  /** Sends until two round trips have moved nothing; returns the octets that left. */
  async #stall(connection: Http2Connection): Promise<number> {
    const stream = connection.open(HEAD, SILENT);
    let sent = 0;
    let last = -1;
    for (let still = 0; still < 2;) {
      while (stream.output.pendingOctets < BLOCK.length) {
        stream.output.append(BLOCK);
        stream.flush();
        sent += BLOCK.length;
      }
      await this.#roundTrip(connection);
      const left = sent - stream.output.pendingOctets;
      still = left === last ? still + 1 : 0;
      last = left;
    }
    return last;
  }

  /** A call beside: the server answers it, however much waits on the other stream. */
  async #roundTrip(connection: Http2Connection): Promise<void> {
    const ended = Promise.withResolvers<void>();
    const stream = connection.open(HEAD, {
      ...SILENT,
      data: ({ length }) => stream.release(length, { drained: true }),
      closed: () => ended.resolve(),
    });
    stream.output.append(REQUEST);
    stream.flush();
    stream.end();
    await ended.promise;
  }

  [Symbol.dispose](): void {
    for (const connection of this.#connections) connection.close();
  }
}
