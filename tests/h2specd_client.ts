/**
 * A plain HTTP/2 client on the engine's own connections, for h2specd: `deno run -A tests/h2specd_client.ts URL`.
 *
 * Sends one GET and stays until the server closes the connection.
 */
import { Http2Connection, type Http2Stream, type StreamListener } from "../rpc/http2/mod.ts";
import { parseTarget } from "../rpc/target.ts";
import { connect } from "../rpc/transport.ts";

/** Takes the answer and credits it, whatever it is. */
class Taker implements StreamListener {
  stream: Http2Stream | undefined;
  head() {}
  data(chunk: Uint8Array) {
    this.stream?.release(chunk.length, { drained: true });
  }
  trailers() {}
  writable() {}
  closed() {}
}

if (import.meta.main) {
  const url = new URL(Deno.args[0]);
  const { address } = parseTarget(url.host);
  const taker = new Taker();
  const connection: Http2Connection = new Http2Connection(await connect(address), {
    role: "client",
    events: {
      ready() {
        taker.stream = connection.open(
          [
            { name: ":method", value: "GET" },
            { name: ":scheme", value: "http" },
            { name: ":path", value: url.pathname },
            { name: ":authority", value: url.host },
          ],
          taker,
          { endStream: true },
        );
      },
    },
  });
  await connection.run();
}
