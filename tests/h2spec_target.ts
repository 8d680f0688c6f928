/**
 * A plain HTTP/2 responder on the engine's own connections, for h2spec: `deno run -A tests/h2spec_target.ts PORT`;
 * port 0 picks one and prints it.
 *
 * GET and POST of any path are answered 200 with a body, after the request has ended.
 */
import { Http2Connection, type Http2Stream, type StreamListener } from "../rpc/http2/mod.ts";
import { listen } from "../rpc/transport.ts";

const BODY = new TextEncoder().encode("h2spec target\n");

function respond(stream: Http2Stream): void {
  stream.sendHeaders([{ name: ":status", value: "200" }, {
    name: "content-type",
    value: "text/plain",
  }]);
  stream.output.append(BODY);
  stream.flush();
  stream.end();
}

function answer(stream: Http2Stream, endStream: boolean): StreamListener {
  if (endStream) respond(stream);
  return {
    head() {},
    data(chunk, end) {
      stream.release(chunk.length, { drained: true });
      if (end) respond(stream);
    },
    trailers: () => respond(stream),
    writable() {},
    closed() {},
  };
}

if (import.meta.main) {
  const port = Number(Deno.args[0] ?? 8061);
  const listener = listen({ kind: "tcp", hostname: "127.0.0.1", port });
  const { address } = listener;
  console.log(`listening ${address.kind === "tcp" ? address.port : port}`);
  for (;;) {
    const socket = await listener.accept();
    new Http2Connection(socket, {
      role: "server",
      events: { request: (stream, _head, endStream) => answer(stream, endStream) },
    }).run();
  }
}
