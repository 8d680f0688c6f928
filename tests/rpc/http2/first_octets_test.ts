/** Who speaks first, and what a client of another protocol is told. */
import { strict as assert } from "node:assert";
import { createSocketPair } from "../../support/memory_socket.ts";
import { Http2Connection, type Http2Error } from "../../../rpc/http2/mod.ts";
import { CODE, FRAME } from "../../support/wire.ts";
import { withTimeout } from "../../support/with_timeout.ts";
import { startServer, TIMEOUT_MS } from "./rig.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Sends a server its client's first octets, and gives all that it says until it hangs up, and how it ended. */
async function converse(first: Uint8Array) {
  const [ours, theirs] = createSocketPair();
  let error: Http2Error | undefined;
  const connection = new Http2Connection(ours, {
    role: "server",
    events: { closed: (cause) => void (error = cause) },
  });
  const done = connection.run();
  await theirs.write(first);
  const said: number[] = [];
  const buffer = new Uint8Array(1024);
  const readAll = async () => {
    for (;;) {
      const count = await theirs.read(buffer);
      if (count === null) return;
      said.push(...buffer.subarray(0, count));
    }
  };
  await withTimeout(readAll(), TIMEOUT_MS, "the server to hang up");
  theirs.close();
  await done;
  return { said: Uint8Array.from(said), error };
}

for (const method of ["GET", "OPTIONS"]) {
  Deno.test(`A client of HTTP/1 that sends ${method} gets an answer in HTTP/1`, async () => {
    const { said, error } = await converse(encode(`${method} /x HTTP/1.1\r\nHost: a\r\n\r\n`));
    const [head, body] = new TextDecoder().decode(said).split("\r\n\r\n");
    assert.match(head, /^HTTP\/1\.1 505 /);
    assert.match(head, new RegExp(`\r\ncontent-length: ${body.length}\r\n`));
    assert.match(body, /^This port speaks gRPC, which needs HTTP\/2/);
    assert.match(error?.message ?? "", /the peer speaks HTTP\/1/);
  });
}

Deno.test("fetch() shows what an HTTP/1 client is told", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = listener.accept().then(async (conn) => {
    const connection = new Http2Connection({
      peer: "test",
      read: (into) => conn.read(into),
      write: (bytes) => conn.write(bytes),
      closeWrite: () => conn.closeWrite(),
      close: () => conn.close(),
    }, { role: "server", events: {} });
    await connection.run();
  });
  const response = await fetch(`http://127.0.0.1:${listener.addr.port}/index.html`);
  assert.equal(response.status, 505);
  assert.match(await response.text(), /A page for browsers, if there is one, is on another port/);
  await served;
});

Deno.test("An HTTP/1 request whose first octets come alone is told in HTTP/2, as any other protocol", async () => {
  await using rig = await startServer({ settings: null });
  await rig.peer.send(encode("GE"));
  await rig.peer.send(encode("T / HTTP/1.1\r\nHost: a\r\n\r\n"));
  const { debug } = await rig.peer.expectGoAway(CODE.PROTOCOL_ERROR);
  assert.match(debug, /^Cannot read the HTTP\/2 preface/);
  await rig.peer.expectClosed();
});

Deno.test("A server that stops while a client is silent says SETTINGS before GOAWAY", async () => {
  await using rig = await startServer({ settings: null });
  rig.connection.shutdown();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  assert.equal(rig.peer.frames[0]?.type, FRAME.SETTINGS);
});
