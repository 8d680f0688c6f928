/** What only real sockets show: the order of GOAWAY and the end of a connection, and cuts. */
import { strict as assert } from "node:assert";
import { Http2Connection } from "../../../rpc/http2/mod.ts";
import { connect, listen } from "../../../rpc/transport.ts";
import { connectScripted, listenScripted, type ScriptedPeer } from "../../support/scripted_peer.ts";
import { withTimeout } from "../../support/with_timeout.ts";
import { CODE, data, goaway, headers, SETTING, windowUpdate } from "../../support/wire.ts";
import { get, OK, OK_FIELDS, pattern, post, Recorder, TIMEOUT_MS } from "./rig.ts";

/** A server of ours with one connection, to a scripted client; every request is recorded. */
async function withServer(
  run: (peer: ScriptedPeer, connection: Http2Connection, requests: Recorder[]) => Promise<void>,
): Promise<void> {
  const listener = listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  assert.ok(listener.address.kind === "tcp");
  const accepted = listener.accept();
  await using peer = await connectScripted(listener.address.port, {
    settings: [[SETTING.INITIAL_WINDOW_SIZE, 0x7fff_ffff]],
  });
  const requests: Recorder[] = [];
  const connection = new Http2Connection(await accepted, {
    role: "server",
    events: {
      request(stream) {
        const recorder = new Recorder();
        recorder.stream = stream;
        requests.push(recorder);
        return recorder;
      },
    },
  });
  listener.close();
  const done = connection.run();
  try {
    await peer.roundTrip();
    await run(peer, connection, requests);
  } finally {
    await peer.close();
    await withTimeout(done, TIMEOUT_MS, "the connection to end");
    assert.equal(connection.streams.size, 0);
  }
}

Deno.test("GOAWAY for a fault arrives although the client goes on sending", () =>
  withServer(async (peer) => {
    await peer.send(post(1), data(0));
    // The rest is not read by anyone: a socket closed too early would answer with a TCP reset.
    for (let count = 0; count < 20; count++) await peer.trySend(data(1, pattern(1000)));
    await peer.expectGoAway(CODE.PROTOCOL_ERROR);
    await peer.expectClosed();
  }));

Deno.test("An orderly end lets the last answers out in full", () =>
  withServer(async (peer, connection, requests) => {
    await peer.send(get(1), windowUpdate(0, 0x7fff_ffff - 65_535));
    await peer.roundTrip();
    const stream = requests[0].stream;
    assert.ok(stream !== undefined);
    stream.sendHeaders(OK_FIELDS);
    stream.output.append(pattern(4_000_000));
    stream.end();
    connection.shutdown();
    assert.equal((await peer.expectData(1, 4_000_000)).length, 4_000_000);
    await peer.expectGoAway(CODE.NO_ERROR);
    await peer.expectClosed();
  }));

Deno.test("A client that is cut off in the midst of an answer leaves nothing behind", () =>
  withServer(async (peer, _connection, requests) => {
    await peer.send(get(1), windowUpdate(0, 0x7fff_ffff - 65_535));
    await peer.roundTrip();
    const stream = requests[0].stream;
    assert.ok(stream !== undefined);
    stream.output.append(pattern(20_000_000));
    stream.flush();
    await peer.expectData(1, 16_384);
    await peer.close();
    const cause = await requests[0].waitForClose();
    assert.equal(cause.kind, "connection");
  }));

Deno.test("A client of ours ends in order when its server says GOAWAY and closes", async () => {
  await using listener = listenScripted();
  const accepting = listener.accept();
  const socket = await connect({ kind: "tcp", hostname: "127.0.0.1", port: listener.port });
  const ready = Promise.withResolvers<void>();
  const events: string[] = [];
  const connection = new Http2Connection(socket, {
    role: "client",
    events: {
      ready: () => ready.resolve(),
      draining: () => void events.push("draining"),
      closed: (error) => void events.push(`closed ${error?.codeName ?? "in order"}`),
    },
  });
  const done = connection.run();
  await using peer = await accepting;
  await withTimeout(ready.promise, TIMEOUT_MS, "the server's SETTINGS");
  const recorder = new Recorder();
  recorder.stream = connection.open([{ name: ":method", value: "GET" }], recorder, {
    endStream: true,
  });
  await peer.expectHeaders(1);
  await peer.send(goaway(1), headers(1, OK), data(1, pattern(1000), { endStream: true }));
  await peer.expectGoAway(CODE.NO_ERROR);
  await peer.expectClosed();
  await peer.close();
  await withTimeout(done, TIMEOUT_MS, "the connection to end");
  assert.deepEqual(recorder.log, ["head 200", "data 1000 end", "closed finished"]);
  assert.deepEqual(events, ["draining", "closed in order"]);
});
