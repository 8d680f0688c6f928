/** How connections end: GOAWAY in both directions, faults, listeners that throw. */
import { strict as assert } from "node:assert";
import { Http2Error } from "../../../rpc/http2/mod.ts";
import { hasFlag, numberAt } from "../../support/seen_frames.ts";
import { withTimeout } from "../../support/with_timeout.ts";
import {
  CODE,
  data,
  FLAG,
  FRAME,
  goaway,
  headers,
  pingAck,
  PREFACE,
  settings,
} from "../../support/wire.ts";
import {
  get,
  OK,
  OK_FIELDS,
  pattern,
  post,
  Recorder,
  startClient,
  startServer,
  TIMEOUT_MS,
  until,
} from "./rig.ts";

Deno.test("A server shuts down in two phases: what is under way meanwhile is served", async () => {
  await using rig = await startServer({ acknowledges: false });
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 0x7fff_ffff);
  const ping = await rig.peer.expectFrame(FRAME.PING, (frame) => !hasFlag(frame, FLAG.ACK));
  // Sent before the client saw GOAWAY.
  await rig.peer.send(get(3));
  await rig.peer.roundTrip();
  assert.ok(rig.requests.has(3));
  rig.peer.expectNone(FRAME.GOAWAY);

  await rig.peer.send(pingAck(ping.payload));
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 3);
  // Sent after it: the client was told that it is not processed.
  await rig.peer.send(get(5));
  await rig.peer.roundTrip();
  assert.equal(rig.requests.has(5), false);
  rig.peer.expectNone(FRAME.RST_STREAM);

  rig.stream(3).sendHeaders(OK_FIELDS, { endStream: true });
  await rig.peer.expectHeaders(3);
  await rig.peer.roundTrip();
  assert.equal(rig.connection.state, "draining");
  await rig.peer.send(data(1, pattern(5), { endStream: true }));
  await rig.peer.roundTrip();
  rig.stream(1).sendHeaders(OK_FIELDS);
  rig.stream(1).output.append(pattern(100));
  rig.stream(1).end([{ name: "x-end", value: "1" }]);
  await rig.peer.expectData(1, 100);
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.deepEqual(rig.events, ["ready", "draining", "closed"]);
  assert.deepEqual(rig.request(1).log, ["data 5 end", "closed finished"]);
});

Deno.test("A server without streams shuts down after a round trip", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  rig.connection.shutdown();
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 0x7fff_ffff);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 0);
  await rig.peer.expectClosed();
  rig.peer.expectNone(FRAME.GOAWAY);
  await rig.peer.close();
  await rig.done;
  assert.equal(rig.error, undefined);
});

Deno.test("A fault after the last stream was named does not raise it again", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.send(post(3), post(5), data(0));
  assert.equal((await rig.peer.expectGoAway(CODE.PROTOCOL_ERROR)).lastStreamId, 1);
  await rig.peer.expectClosed();
});

Deno.test("A large head after the last stream was named is dropped like any other", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.send(headers(3, Array.from({ length: 200 }, () => ["a", ""] as const)));
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.HEADERS);
});

Deno.test("A server whose client says GOAWAY ends when its streams have", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1), goaway(0));
  await rig.peer.roundTrip();
  assert.equal(rig.connection.state, "draining");
  await rig.peer.send(data(1, pattern(1), { endStream: true }));
  await rig.peer.roundTrip();
  rig.stream(1).sendHeaders(OK_FIELDS, { endStream: true });
  await rig.peer.expectHeaders(1);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
  await rig.peer.expectClosed();
});

Deno.test("A server can be shut down after its client said GOAWAY", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1), goaway(0));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 0x7fff_ffff);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
  rig.stream(1).reset(CODE.CANCEL);
  await rig.peer.expectClosed();
});

Deno.test("GOAWAY and then SETTINGS in one read (CVE-2021-32780) are both taken", async () => {
  await using server = await startServer({ settings: null });
  await server.peer.send(PREFACE, settings(), goaway(0), settings([[4, 1]]));
  server.peer.startReading();
  await server.peer.expectGoAway(CODE.NO_ERROR);
  await server.peer.expectClosed();

  await using client = await startClient();
  const { recorder } = client.open();
  await client.peer.expectHeaders(1);
  await client.peer.send(goaway(1), settings([[4, 1000]]), headers(1, OK, { endStream: true }));
  await client.peer.roundTrip();
  assert.deepEqual(recorder.log, ["head 200 end"]);
});

Deno.test("A fatal frame and others in one read: nothing after it is acted on (CVE-2026-27135)", async () => {
  await using rig = await startServer();
  await rig.peer.send(data(0), get(1), goaway(0, 11), settings());
  await rig.expectFailure(CODE.PROTOCOL_ERROR);
  assert.equal(rig.requests.size, 0);
  assert.equal(rig.error?.codeName, "PROTOCOL_ERROR");
});

Deno.test("Nothing that comes after our GOAWAY for a fault is acted on (CVE-2026-48937)", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  await rig.peer.send(data(0));
  await rig.peer.expectGoAway(CODE.PROTOCOL_ERROR);
  await rig.peer.trySend(data(1, pattern(10)), get(3));
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.deepEqual(rig.request(1).log, ["closed connection PROTOCOL_ERROR"]);
  assert.equal(rig.requests.has(3), false);
});

Deno.test("Streams above the last of a GOAWAY are unprocessed; those below go on", async () => {
  await using rig = await startClient();
  const calls = [rig.open(), rig.open(), rig.open()];
  await rig.peer.expectHeaders(5);
  await rig.peer.send(goaway(3));
  await rig.peer.roundTrip();
  assert.deepEqual(calls.map(({ recorder }) => recorder.log), [[], [], ["closed unprocessed"]]);
  assert.equal(rig.connection.canOpen, false);
  assert.throws(() => rig.open(), {
    codeName: "REFUSED_STREAM",
    scope: "stream",
    message: "Cannot open a stream to memory:b: the connection is draining",
  });
  // A second one may lower it.
  await rig.peer.send(goaway(1), headers(1, OK, { endStream: true }));
  await rig.peer.roundTrip();
  assert.deepEqual(calls.map(({ recorder }) => recorder.log), [
    ["head 200 end"],
    ["closed unprocessed"],
    ["closed unprocessed"],
  ]);
  calls[0].stream.end();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.deepEqual(rig.events, ["ready", "draining", "closed"]);
});

Deno.test("A call that is left out and starts over at once does not land on the same connection", async () => {
  await using rig = await startClient();
  const canOpen: boolean[] = [];
  const recorder = new Recorder();
  rig.connection.open([{ name: ":method", value: "GET" }], {
    head() {},
    data() {},
    trailers() {},
    writable() {},
    closed(cause) {
      canOpen.push(rig.connection.canOpen);
      recorder.closed(cause);
    },
  });
  await rig.peer.expectHeaders(1);
  await rig.peer.send(goaway(0));
  await recorder.waitForClose();
  assert.deepEqual(canOpen, [false]);
  assert.deepEqual(recorder.log, ["closed unprocessed"]);
  await rig.peer.expectClosed();
});

Deno.test("The two phases of a server's GOAWAY work on a client", async () => {
  await using rig = await startClient();
  const { recorder } = rig.open({ endStream: true });
  await rig.peer.expectHeaders(1);
  await rig.peer.send(goaway(0x7fff_ffff));
  await rig.peer.roundTrip();
  assert.equal(rig.connection.state, "draining");
  await rig.peer.send(goaway(1), headers(1, OK, { endStream: true }));
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectClosed();
  assert.deepEqual(recorder.log, ["head 200 end", "closed finished"]);
});

for (
  const [name, frames] of [
    ["has risen", [goaway(1), goaway(3)]],
    ["is even", [goaway(2)]],
  ] as const
) {
  Deno.test(`A GOAWAY whose last stream ${name} ends the connection`, async () => {
    await using rig = await startClient();
    rig.open();
    rig.open();
    await rig.peer.expectHeaders(3);
    await rig.peer.send(...frames);
    await rig.expectFailure(CODE.PROTOCOL_ERROR);
  });
}

Deno.test("GOAWAY with an error is told, also when no stream is open", async () => {
  for (const hasStream of [false, true]) {
    await using rig = await startClient();
    const recorder = hasStream ? rig.open().recorder : undefined;
    await rig.peer.roundTrip();
    await rig.peer.send(goaway(1, CODE.ENHANCE_YOUR_CALM, "too_many_pings"));
    await rig.peer.roundTrip().catch(() => {});
    await rig.peer.close();
    await rig.done;
    assert.equal(rig.error?.codeName, "ENHANCE_YOUR_CALM");
    assert.equal(rig.error?.origin, "remote");
    assert.match(String(rig.error?.message), /closed the connection: too_many_pings$/);
    if (recorder !== undefined) {
      assert.deepEqual(recorder.log, ["closed connection ENHANCE_YOUR_CALM"]);
    }
  }
});

Deno.test("A peer that hangs up between streams ends the connection in order, else not", async () => {
  for (const role of ["server", "client"] as const) {
    for (const busy of [false, true]) {
      await using rig = role === "server" ? await startServer() : await startClient();
      if (busy && role === "server") await rig.peer.send(post(1));
      if (busy && role === "client") rig.open();
      await rig.peer.roundTrip();
      await rig.peer.close();
      await rig.done;
      assert.equal(rig.error?.codeName, busy ? "CANCEL" : undefined);
    }
  }
});

Deno.test("A peer that hangs up before SETTINGS is an error", async () => {
  await using rig = await startClient({ settings: null, acknowledges: false });
  await rig.peer.close();
  await rig.done;
  assert.match(String(rig.error?.message), /^The peer memory:b closed the connection$/);
});

Deno.test("A broken socket ends the connection with the cause", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.socket.cut();
  await rig.done;
  assert.deepEqual(rig.request(1).log, ["closed connection CONNECT_ERROR"]);
  assert.ok(rig.error?.cause instanceof Deno.errors.ConnectionReset);
});

Deno.test("close() cuts all off at once, whatever is under way", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1), post(3));
  await rig.peer.roundTrip();
  rig.socket.stall();
  rig.stream(1).output.append(pattern(1000));
  rig.stream(1).flush();
  rig.connection.close();
  rig.connection.close();
  await rig.done;
  for (const streamId of [1, 3]) {
    assert.deepEqual(rig.request(streamId).log, ["closed connection NO_ERROR"]);
  }
  assert.equal(rig.connection.state, "closed");
});

Deno.test("close() ends a connection that is shutting down, or closing", async () => {
  for (const state of ["draining", "closing"] as const) {
    await using rig = await startServer();
    await rig.peer.send(post(1));
    await rig.peer.roundTrip();
    if (state === "draining") rig.connection.shutdown();
    else await rig.peer.send(data(0));
    await rig.peer.expectGoAway(state === "draining" ? CODE.NO_ERROR : CODE.PROTOCOL_ERROR);
    assert.equal(rig.connection.state, state);
    rig.connection.close();
    await rig.done;
  }
});

Deno.test("A client's shutdown() lets its streams finish, then says GOAWAY", async () => {
  await using rig = await startClient();
  const { recorder } = rig.open({ endStream: true });
  rig.connection.shutdown();
  assert.equal(rig.connection.canOpen, false);
  await rig.peer.expectHeaders(1);
  rig.peer.expectNone(FRAME.GOAWAY);
  await rig.peer.send(headers(1, OK), data(1, pattern(3), { endStream: true }));
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectClosed();
  assert.deepEqual(recorder.log, ["head 200", "data 3 end", "closed finished"]);
});

Deno.test("A client without streams shuts down at once", async () => {
  await using rig = await startClient();
  rig.connection.shutdown();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.equal(rig.error, undefined);
});

Deno.test("A client whose stream ids are used up lets its streams finish and ends", async () => {
  await using rig = await startClient();
  rig.connection.streams.nextLocalId = 0x7fff_ffff;
  const { recorder } = rig.open({ endStream: true });
  assert.equal(rig.connection.canOpen, false);
  assert.deepEqual(rig.events, ["ready", "draining"]);
  await rig.peer.expectHeaders(0x7fff_ffff);
  await rig.peer.send(headers(0x7fff_ffff, OK, { endStream: true }));
  await rig.peer.expectClosed();
  assert.deepEqual(recorder.log, ["head 200 end", "closed finished"]);
});

Deno.test("The debug text of a received GOAWAY is cut", async () => {
  await using rig = await startClient();
  await rig.peer.send(goaway(0, CODE.INTERNAL_ERROR, "x".repeat(10_000)));
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.ok((rig.error?.message.length ?? 0) < 400);
});

// Listeners that throw.

Deno.test("A request listener that throws ends the connection; the fault is not told to the peer", async () => {
  await using rig = await startServer({
    onRequest() {
      throw new Error("secret");
    },
  });
  await rig.peer.send(get(1));
  assert.equal((await rig.peer.expectGoAway(CODE.INTERNAL_ERROR)).debug, "Internal error");
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.match(String(rig.error?.cause), /secret/);
});

Deno.test("A stream listener that throws in closed() does not keep the others from being told", async () => {
  await using rig = await startClient();
  const throwing = {
    head() {},
    data() {},
    trailers() {},
    writable() {},
    closed() {
      throw new Error("A fault of the listener");
    },
  };
  rig.connection.open([{ name: ":method", value: "GET" }], throwing);
  const { recorder } = rig.open();
  rig.connection.open([{ name: ":method", value: "GET" }], throwing).reset(CODE.CANCEL);
  await rig.peer.expectGoAway(CODE.INTERNAL_ERROR);
  assert.deepEqual(recorder.log, ["closed connection INTERNAL_ERROR"]);
  await rig.peer.expectClosed();
});

Deno.test("Connection events that throw end the connection, never run()", async () => {
  for (const name of ["ready", "draining", "capacity", "closed"] as const) {
    const fail = () => {
      throw new Error(`A fault of ${name}`);
    };
    await using rig = await startClient({ events: { [name]: fail } });
    if (name === "draining") rig.connection.shutdown();
    await rig.peer.close();
    await rig.done;
    assert.equal(rig.connection.state, "closed");
  }
});

Deno.test("A ping is answered once; its callback may end the connection", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  const answered = Promise.withResolvers<void>();
  rig.connection.ping(() => {
    answered.resolve();
    rig.connection.fail(new Http2Error("Enough", { code: CODE.NO_ERROR, scope: "connection" }));
  });
  await withTimeout(answered.promise, TIMEOUT_MS, "the answer to PING");
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectClosed();
});

Deno.test("GOAWAY leaves before the end of the output", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  await rig.peer.send(data(0));
  await rig.peer.expectClosed();
  const last = rig.peer.frames.at(-1);
  assert.equal(last?.type, FRAME.GOAWAY);
  if (last !== undefined) assert.equal(numberAt(last, 4), CODE.PROTOCOL_ERROR);
  await until(() => rig.socket.isWriteClosed);
});
