import { strict as assert } from "node:assert";
import {
  CODE,
  FLAG,
  FRAME,
  headers,
  headersLiteral,
  pingAck,
  PREFACE,
  SETTING,
  settings,
  windowUpdate,
} from "../../support/wire.ts";
import { GET, get, OK, OK_FIELDS, pattern, post, startClient, startServer, until } from "./rig.ts";

Deno.test("A client that says nothing is cut off after the handshake timeout", async () => {
  await using rig = await startServer({ settings: null });
  rig.clock.advance(9_000);
  assert.equal(rig.connection.state, "open");
  rig.clock.advance(1_000);
  await rig.expectFailure(CODE.SETTINGS_TIMEOUT);
});

Deno.test("A client that sends the preface alone, or half of it, is cut off as well", async () => {
  for (const start of [PREFACE, PREFACE.subarray(0, 10)]) {
    await using rig = await startServer({ settings: null });
    await rig.peer.send(start);
    rig.clock.advance(10_000);
    await rig.expectFailure(CODE.SETTINGS_TIMEOUT);
  }
});

Deno.test("A server that sends no SETTINGS is given up by the client", async () => {
  await using rig = await startClient({ settings: null });
  rig.clock.advance(10_000);
  await rig.expectFailure(CODE.SETTINGS_TIMEOUT);
  assert.equal(rig.error?.codeName, "SETTINGS_TIMEOUT");
});

Deno.test("A connection that has shaken hands may be silent", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.clock.advance(3_600_000);
  await rig.peer.roundTrip();
});

Deno.test("A header block that does not end is cut off", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.clock.advance(60_000);
  const block = headersLiteral(GET);
  await rig.peer.send(headers(1, block.subarray(0, 5), { endHeaders: false }));
  await until(() => rig.connection.inHeaderBlock);
  rig.clock.advance(10_000);
  assert.equal(rig.connection.state, "open");
  rig.clock.advance(1_000);
  await rig.expectFailure(CODE.SETTINGS_TIMEOUT);
});

Deno.test("A peer that takes nothing we write is cut off without a word", async () => {
  await using rig = await startServer();
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.socket.stall();
  rig.stream(1).sendHeaders(OK_FIELDS);
  // The write begins once the microtasks have come to rest.
  await until(() => rig.connection.sender.writingSinceMs !== undefined);
  rig.clock.advance(19_000);
  assert.equal(rig.connection.state, "open");
  rig.clock.advance(2_000);
  await rig.done;
  assert.deepEqual(rig.request(1).log, ["closed connection CANCEL"]);
  assert.match(String(rig.error), /did not take what we sent/);
});

Deno.test("A peer that takes an octet now and then is not cut off", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 1_000_000]] });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.socket.maxWriteOctets = 100;
  rig.socket.stall();
  const stream = rig.stream(1);
  stream.output.append(pattern(500));
  stream.flush();
  await until(() => rig.connection.sender.writingSinceMs !== undefined);
  for (let count = 0; count < 3; count++) {
    rig.clock.advance(15_000);
    const { writes } = rig.socket;
    rig.socket.letOneThrough();
    await until(() => rig.socket.writes > writes);
  }
  assert.equal(rig.connection.state, "open");
  rig.socket.resume();
  await rig.peer.expectData(1, 500);
});

Deno.test("A stream whose window stays closed is reset after the stall timeout; the others go on", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  await rig.peer.send(get(1), get(3));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(10));
  rig.stream(1).flush();
  rig.clock.advance(299_000);
  assert.equal(rig.stream(1).isClosed, false);
  rig.clock.advance(1_000);
  await rig.peer.expectReset(1, CODE.CANCEL);
  assert.equal(rig.stream(3).isClosed, false);
  await rig.peer.roundTrip();
});

Deno.test("A window that is opened octet by octet does not put the stall timeout off", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(1000));
  rig.stream(1).flush();
  for (let count = 0; count < 30; count++) {
    rig.clock.advance(10_000);
    if (rig.stream(1).isClosed) break;
    await rig.peer.send(windowUpdate(1, 1));
    await rig.peer.roundTrip();
  }
  await rig.peer.expectReset(1, CODE.CANCEL);
});

Deno.test("A stream that moves on, or has nothing to send, does not stall", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  await rig.peer.send(get(1), get(3));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(5000));
  rig.stream(1).flush();
  for (let count = 0; count < 4; count++) {
    rig.clock.advance(200_000);
    await rig.peer.send(windowUpdate(1, 1000));
    await rig.peer.expectData(1, 1000);
  }
  await rig.peer.send(windowUpdate(1, 1000));
  await rig.peer.expectData(1, 1000);
  rig.clock.advance(900_000);
  assert.equal(rig.stream(1).isClosed, false);
  assert.equal(rig.stream(3).isClosed, false);
  await rig.peer.roundTrip();
});

Deno.test("A connection whose window stays closed is ended after the stall timeout", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 1_000_000]] });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(100_000));
  rig.stream(1).flush();
  await rig.peer.expectData(1, 65_535);
  rig.clock.advance(150_000);
  await rig.peer.send(windowUpdate(0, 1));
  await rig.peer.expectData(1, 1);
  rig.clock.advance(150_000);
  await rig.expectFailure(CODE.CANCEL);
});

const KEEP_ALIVE = { timeMs: 30_000, timeoutMs: 20_000, withoutStreams: false };

Deno.test("keepAlive sends a PING after silence, and goes on when it is answered", async () => {
  await using rig = await startClient({ keepAlive: KEEP_ALIVE });
  rig.open();
  await rig.peer.expectHeaders(1);
  for (let round = 0; round < 3; round++) {
    rig.clock.advance(30_000);
    await rig.peer.expectFrame(FRAME.PING, ({ flags }) => flags === FLAG.NONE);
    rig.clock.advance(10_000);
    // The scripted peer has answered; a round trip makes sure that the answer was read.
    await rig.peer.roundTrip();
    rig.clock.advance(1_000);
  }
  assert.equal(rig.connection.state, "open");
});

Deno.test("keepAlive counts from the last octet received", async () => {
  await using rig = await startClient({ keepAlive: KEEP_ALIVE });
  rig.open();
  for (let round = 0; round < 5; round++) {
    rig.clock.advance(29_000);
    await rig.peer.roundTrip();
  }
  rig.peer.expectNone(FRAME.PING, ({ flags }) => flags === FLAG.NONE);
});

Deno.test("keepAlive cuts a peer off that does not answer", async () => {
  await using rig = await startClient({ keepAlive: KEEP_ALIVE, acknowledges: false });
  const { recorder } = rig.open();
  rig.clock.advance(30_000);
  const ping = await rig.peer.expectFrame(FRAME.PING);
  rig.clock.advance(19_000);
  assert.equal(rig.connection.state, "open");
  rig.clock.advance(1_000);
  await rig.done;
  assert.deepEqual(recorder.log, ["closed connection CANCEL"]);
  assert.match(String(rig.error), /did not answer a keepalive PING/);
  await rig.peer.trySend(pingAck(ping.payload));
});

Deno.test("keepAlive takes any octet for an answer", async () => {
  await using rig = await startClient({ keepAlive: KEEP_ALIVE, acknowledges: false });
  rig.open();
  rig.clock.advance(30_000);
  await rig.peer.expectFrame(FRAME.PING);
  rig.clock.advance(5_000);
  await rig.peer.send(headers(1, OK));
  await rig.peer.roundTrip();
  rig.clock.advance(16_000);
  assert.equal(rig.connection.state, "open");
});

Deno.test("keepAlive leaves a connection without streams alone, unless told otherwise", async () => {
  for (const withoutStreams of [false, true]) {
    await using rig = await startClient({ keepAlive: { ...KEEP_ALIVE, withoutStreams } });
    rig.clock.advance(31_000);
    if (withoutStreams) await rig.peer.expectFrame(FRAME.PING, ({ flags }) => flags === 0);
    await rig.peer.roundTrip();
    rig.peer.expectNone(FRAME.PING, ({ flags }) => flags === FLAG.NONE);
  }
});

Deno.test("A server shuts a connection down that has had no stream for maxIdleMs", async () => {
  await using rig = await startServer({ maxIdleMs: 60_000 });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.clock.advance(120_000);
  assert.equal(rig.connection.state, "open", "a stream is open");
  rig.stream(1).sendHeaders(OK_FIELDS, { endStream: true });
  await rig.peer.expectHeaders(1);
  rig.clock.advance(59_000);
  assert.equal(rig.connection.state, "open");
  rig.clock.advance(1_000);
  const { lastStreamId, debug } = await rig.peer.expectGoAway(CODE.NO_ERROR);
  assert.deepEqual([lastStreamId, debug], [0x7fff_ffff, "max_idle"]);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
  await rig.peer.expectClosed();
});

Deno.test("A connection that never had a stream idles from its start", async () => {
  await using rig = await startServer({ maxIdleMs: 60_000 });
  await rig.peer.roundTrip();
  rig.clock.advance(60_000);
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectClosed();
});

Deno.test("A peer that does not hang up after GOAWAY is given a moment, no more", async () => {
  await using rig = await startServer();
  await rig.peer.send(settings([[SETTING.ENABLE_PUSH, 2]]));
  await rig.peer.expectGoAway(CODE.PROTOCOL_ERROR);
  await rig.peer.expectClosed();
  assert.equal(rig.connection.state, "closing");
  assert.equal(rig.socket.isClosed, false);
  rig.clock.advance(1_000);
  assert.equal(rig.socket.isClosed, true);
  await rig.done;
  assert.equal(rig.error?.codeName, "PROTOCOL_ERROR");
});

Deno.test("A peer that neither reads nor hangs up cannot hold a failed connection", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(settings([[SETTING.ENABLE_PUSH, 2]]));
  await until(() => rig.connection.state === "closing");
  rig.clock.advance(1_000);
  await rig.done;
});

Deno.test("The last answers of an orderly end have the time of a write, not of a farewell", async () => {
  await using rig = await startServer();
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.roundTrip();
  rig.socket.stall();
  const stream = rig.stream(1);
  stream.sendHeaders(OK_FIELDS);
  stream.output.append(pattern(10_000));
  stream.end();
  await until(() => rig.connection.state === "closing");
  rig.clock.advance(10_000);
  rig.socket.resume();
  await rig.peer.expectData(1, 10_000);
  await rig.peer.expectClosed();
});

Deno.test("A shutdown does not wait for ever for its PING to be answered", async () => {
  await using rig = await startServer({ acknowledges: false });
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 0x7fff_ffff);
  rig.clock.advance(4_000);
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.GOAWAY);
  rig.clock.advance(1_000);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
});

Deno.test("A connection that has ended leaves no timer", async () => {
  const rig = await startServer();
  await rig.peer.close();
  await rig.done;
  assert.equal(rig.clock.timerCount, 0);
});
