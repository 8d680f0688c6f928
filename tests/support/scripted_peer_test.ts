import { strict as assert } from "node:assert";
import { nodePeer, startPeerServer, testWithPeers } from "./peers.ts";
import { runProgram } from "./run_program.ts";
import { connectScripted, listenScripted, type ScriptedPeer } from "./scripted_peer.ts";
import {
  CODE,
  continuation,
  data,
  envelope,
  FRAME,
  goaway,
  grpcRequest,
  grpcResponse,
  grpcTrailers,
  headers,
  headersLiteral,
  hpackInteger,
  openEnvelopes,
  rstStream,
  SETTING,
  windowUpdate,
} from "./wire.ts";

const node = await nodePeer();

/** Two scripted peers on one connection. */
async function withPair(
  run: (client: ScriptedPeer, server: ScriptedPeer) => Promise<void>,
  timeoutMs = 5_000,
): Promise<void> {
  await using listener = listenScripted();
  const [client, server] = await Promise.all([
    connectScripted(listener.port, { timeoutMs, settings: [[SETTING.MAX_CONCURRENT_STREAMS, 7]] }),
    listener.accept({ timeoutMs }),
  ]);
  await using _client = client;
  await using _server = server;
  await run(client, server);
}

Deno.test("hpackInteger() agrees with RFC 7541 appendix C.1", () => {
  assert.deepEqual([...hpackInteger(10, 5)], [10]);
  assert.deepEqual([...hpackInteger(1337, 5)], [31, 154, 10]);
  assert.deepEqual([...hpackInteger(42, 8)], [42]);
});

Deno.test("Scripted peers exchange settings, headers, data and trailers", () =>
  withPair(async (client, server) => {
    const opening = await server.expectFrame(FRAME.SETTINGS);
    assert.deepEqual([...opening.payload], [0, SETTING.MAX_CONCURRENT_STREAMS, 0, 0, 0, 7]);
    const message = Uint8Array.of(8, 4);
    await client.send(headers(1, grpcRequest("/a.B/C", [["x-echo", "one"], ["x-echo", "ü"]])));
    await client.send(data(1, envelope(message), { endStream: true, padding: 9 }));
    const request = await server.expectHeaders(1);
    assert.equal(request.get(":path"), "/a.B/C");
    assert.deepEqual(request.all("x-echo"), ["one", "ü"]);
    assert.equal(request.endStream, false);
    assert.deepEqual(openEnvelopes(await server.expectData(1, 7)).map((one) => [...one]), [[8, 4]]);

    await server.send(headers(1, grpcResponse()), data(1, envelope(message)));
    await server.send(headers(1, grpcTrailers(5), { endStream: true }));
    assert.equal((await client.expectHeaders(1)).get(":status"), "200");
    assert.equal((await client.expectHeaders(1)).get("grpc-status"), "5");
    await client.roundTrip();
  }));

Deno.test("A scripted peer puts CONTINUATION frames together", () =>
  withPair(async (client, server) => {
    const block = headersLiteral(grpcRequest("/a.B/C", [["x-long", "x".repeat(300)]]));
    await client.send(headers(1, block.subarray(0, 10), { endHeaders: false }));
    await client.send(continuation(1, block.subarray(10, 20), false));
    await client.send(continuation(1, block.subarray(20)));
    assert.equal((await server.expectHeaders(1)).get("x-long"), "x".repeat(300));
  }));

Deno.test("A scripted peer finds resets, GOAWAY and the end of the connection", () =>
  withPair(async (client, server) => {
    await server.send(rstStream(3, CODE.REFUSED_STREAM), goaway(2 ** 31 - 1, CODE.NO_ERROR));
    await server.send(goaway(1, CODE.ENHANCE_YOUR_CALM, "too_many_pings"));
    const { lastStreamId, debug } = await client.expectGoAway(CODE.ENHANCE_YOUR_CALM);
    assert.deepEqual([lastStreamId, debug], [1, "too_many_pings"]);
    await client.expectReset(3, CODE.REFUSED_STREAM);
    client.expectNone(FRAME.RST_STREAM);
    await server.close();
    await client.expectClosed();
  }));

Deno.test("A failed expectation lists the frames seen", () =>
  withPair(async (client, server) => {
    await server.send(windowUpdate(0, 1000), rstStream(1, CODE.CANCEL));
    await assert.rejects(client.expectReset(1, CODE.NO_ERROR), {
      message:
        "Expected RST_STREAM on stream 1 with NO_ERROR; the connection is open; frames seen:\n" +
        "  SETTINGS\n  SETTINGS, ACK\n  WINDOW_UPDATE, +1000\n  RST_STREAM, stream 1, CANCEL",
    });
    await assert.rejects(client.expectGoAway(CODE.NO_ERROR), /^Error: Expected GOAWAY .* 200 ms/);
    await server.close();
    await assert.rejects(client.expectGoAway(CODE.NO_ERROR), /the peer closed the connection/);
  }, 200));

testWithPeers({ node }, "A scripted client speaks to a grpc-js server", async ({ node }) => {
  await using server = await startPeerServer(node);
  await using peer = await connectScripted(server.port);
  await peer.send(headers(1, grpcRequest("/broker.interop.Interop/Unary", [["x-echo", "hi"]])));
  await peer.send(data(1, envelope(Uint8Array.of(8, 4)), { endStream: true }));
  assert.equal((await peer.expectHeaders(1)).get("x-echo"), "hi");
  const [answer] = openEnvelopes(await peer.expectData(1, 9));
  // id 4, prediction true, and an empty padding, which protobuf.js writes out.
  assert.deepEqual([...answer ?? []], [8, 4, 16, 1, 26, 0]);
  assert.equal((await peer.expectHeaders(1)).get("grpc-status"), "0");
  await peer.send(headers(3, grpcRequest("/broker.interop.Interop/Unary")));
  await peer.send(windowUpdate(3, 0));
  // A stream error that nghttp2, as it may, makes a connection error.
  await peer.expectGoAway(CODE.PROTOCOL_ERROR);
  await peer.expectClosed();
});

testWithPeers(
  { node },
  "A scripted server reads the gzip call of a grpc-js client",
  async ({ node }) => {
    await using listener = listenScripted();
    const ended = runProgram([
      node.executable,
      node.clientScript,
      `127.0.0.1:${listener.port}`,
      "gzip",
    ]);
    await using peer = await listener.accept({ timeoutMs: 30_000 });
    const request = await peer.expectHeaders(1);
    assert.equal(request.get(":path"), "/broker.interop.Interop/Unary");
    assert.equal(request.get("grpc-encoding"), "gzip");
    const [flag] = await peer.expectData(1, 5);
    assert.equal(flag, 1);
    const refusal = [["grpc-message", "%E2%98%BA 100%25"]] as const;
    await peer.send(
      headers(1, [...grpcResponse(), ...grpcTrailers(9, refusal)], { endStream: true }),
    );
    const { code, stdout } = await ended;
    assert.equal(code, 1);
    assert.match(stdout, /found status FAILED_PRECONDITION '☺ 100%', wanted OK/);
  },
);
