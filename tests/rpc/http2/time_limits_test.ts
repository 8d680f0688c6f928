/** How long a frame may take, how old a connection may get, and what an idle one keeps. */
import { strict as assert } from "node:assert";
import { READ_BUFFERS } from "../../../rpc/http2/read_buffers.ts";
import { CODE, data, frame, goaway, headers, ping, PREFACE } from "../../support/wire.ts";
import { repeat, untilQuiet } from "./hostile_rig.ts";
import {
  GET,
  get,
  OK_FIELDS,
  pattern,
  post,
  type Rig,
  startClient,
  startServer,
  until,
} from "./rig.ts";

/** Sends what comes next of `octets`, each second as much, and lets the reader take it. */
async function sendSlowly(rig: Rig, octets: Uint8Array, perSecond: number): Promise<void> {
  for (let at = 0; at < octets.length; at += perSecond) {
    await rig.peer.send(octets.subarray(at, at + perSecond));
    await untilQuiet(rig);
    rig.clock.advance(1_000);
  }
}

// 1.15: half a frame.

const HALF_FRAMES: readonly (readonly [name: string, octets: Uint8Array])[] = [
  ["one octet of a frame", ping().subarray(0, 1)],
  ["a frame header", data(1, pattern(100)).subarray(0, 9)],
  ["a frame without its last octet", data(1, pattern(100)).subarray(0, 108)],
  ["a whole frame and half of one", repeat(2, () => ping()).subarray(0, 25)],
];

for (const [name, octets] of HALF_FRAMES) {
  for (const role of ["server", "client"] as const) {
    Deno.test(`A ${role}'s peer that sends ${name} and no more is cut off`, async () => {
      await using rig = await (role === "server" ? startServer() : startClient());
      await rig.peer.roundTrip();
      rig.clock.advance(3_600_000);
      await rig.peer.send(octets);
      await until(() => rig.connection.frameSinceMs !== undefined);
      rig.clock.advance(59_000);
      assert.equal(rig.connection.state, "open");
      rig.clock.advance(1_000);
      const { debug } = await rig.peer.expectGoAway(CODE.ENHANCE_YOUR_CALM);
      assert.equal(debug, "Cannot wait longer than 60000 ms for the rest of a frame");
      await rig.peer.expectClosed();
    });
  }
}

Deno.test("A frame of which an octet comes now and then is cut off as well", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  await sendSlowly(rig, data(1, pattern(16_384)).subarray(0, 60), 1);
  await rig.peer.expectGoAway(CODE.ENHANCE_YOUR_CALM);
});

Deno.test("A slow link brings the largest frames one after another", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  // 2400 bit/s, never between frames when the clock is looked at.
  await sendSlowly(rig, repeat(3, () => data(1, pattern(16_384))), 300);
  await rig.peer.roundTrip();
  assert.equal(rig.request(1).octets, 3 * 16_384);
});

Deno.test("A peer owes no rest of a frame while we do not read", async () => {
  await using rig = await startServer({ limits: { maxQueuedReplies: 1, writeTimeoutMs: 600_000 } });
  await rig.peer.roundTrip();
  await rig.peer.send(ping().subarray(0, 10));
  await untilQuiet(rig);
  rig.socket.stall();
  await rig.peer.send(ping().subarray(10), ping().subarray(0, 10));
  await untilQuiet(rig);
  rig.clock.advance(300_000);
  assert.equal(rig.connection.state, "open");
  rig.socket.resume();
  await rig.peer.send(ping().subarray(10));
  await rig.peer.roundTrip();
});

// 1.15: what never speaks.

for (const count of [0, 1, PREFACE.length - 1, PREFACE.length]) {
  Deno.test(`A client that stops after ${count} octets of the preface is cut off`, async () => {
    await using rig = await startServer({ settings: null, acknowledges: false });
    if (count > 0) await rig.peer.send(PREFACE.subarray(0, count));
    await untilQuiet(rig);
    rig.clock.advance(9_000);
    assert.equal(rig.connection.state, "open");
    rig.clock.advance(1_000);
    await rig.expectFailure(CODE.SETTINGS_TIMEOUT);
  });
}

// Age.

Deno.test("A connection that reaches its age says so, lets its calls finish and takes no others", async () => {
  await using rig = await startServer({ maxAgeMs: 60_000, maxAgeGraceMs: 30_000 });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.clock.advance(59_000);
  assert.equal(rig.connection.state, "open");
  rig.clock.advance(1_000);
  const { lastStreamId, debug } = await rig.peer.expectGoAway(CODE.NO_ERROR);
  assert.deepEqual([lastStreamId, debug], [0x7fff_ffff, "max_age"]);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).lastStreamId, 1);
  await rig.peer.send(get(3));
  await rig.peer.roundTrip();
  assert.deepEqual([...rig.requests.keys()], [1]);
  rig.clock.advance(29_000);
  rig.stream(1).sendHeaders(OK_FIELDS, { endStream: true });
  await rig.peer.expectHeaders(1);
  await rig.peer.expectClosed();
  await rig.peer.close();
  await rig.done;
  assert.equal(rig.error, undefined, "an orderly end");
});

Deno.test("Calls that outlast the grace of a connection's age are cut off", async () => {
  await using rig = await startServer({ maxAgeMs: 60_000, maxAgeGraceMs: 30_000 });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.clock.advance(60_000);
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  rig.clock.advance(29_000);
  assert.equal(rig.request(1).cause, undefined);
  rig.clock.advance(1_000);
  assert.equal((await rig.peer.expectGoAway(CODE.NO_ERROR)).debug, "max_age");
  await rig.peer.expectClosed();
  assert.equal(rig.request(1).log.at(-1), "closed connection NO_ERROR");
});

Deno.test("A connection without a limit on its age or idleness is left alone", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.clock.advance(7 * 86_400_000);
  await rig.peer.roundTrip();
});

// What a burst leaves behind.

Deno.test("Connections that were busy once do not keep large buffers", async () => {
  const burst = repeat(300, () => frame(0xfa, 0, 1, new Uint8Array(1000)));
  const rigs = await Promise.all(Array.from({ length: 40 }, () => startServer()));
  for (const rig of rigs) {
    await rig.peer.send(burst);
    await rig.peer.roundTrip();
  }
  assert.ok(READ_BUFFERS.lent > 0, "a burst is read in large pieces");
  assert.ok(READ_BUFFERS.lent <= 16, `${READ_BUFFERS.lent} are kept`);
  for (const rig of rigs) await rig[Symbol.asyncDispose]();
  assert.equal(READ_BUFFERS.lent, 0);
});

Deno.test("A sender and its streams give back what a burst of output took", async () => {
  await using rig = await startClient();
  const { stream } = rig.open();
  stream.output.append(pattern(65_535));
  stream.flush();
  await rig.peer.expectData(1, 65_535);
  assert.ok(stream.output.bytes.length >= 65_535);
  // One look may find that it was used since the last one.
  rig.clock.advance(2_000);
  assert.equal(stream.output.bytes.length, 0);
  stream.output.append(pattern(10));
  stream.end();
  await rig.peer.send(goaway(1));
  await rig.peer.roundTrip();
});

Deno.test("Output that waits for its window is not given back", async () => {
  await using rig = await startServer();
  await rig.peer.send(headers(1, GET, { endStream: true }));
  await rig.peer.roundTrip();
  const stream = rig.stream(1);
  stream.output.append(pattern(80_000));
  stream.end();
  await rig.peer.expectData(1, 65_535);
  rig.clock.advance(5_000);
  assert.equal(stream.output.pendingOctets, 80_000 - 65_535);
});
