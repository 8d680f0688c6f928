/** What the peer may send: overruns, slow readers, growth, and sums that balance on every path that drops DATA. */
import { strict as assert } from "node:assert";
import { FRAME } from "../../support/wire.ts";
import { numberAt } from "../../support/seen_frames.ts";
import { CODE, data, goaway, headers, rstStream } from "../../support/wire.ts";
import { OK, pattern, POST, post, type Rig, startClient, startServer } from "./rig.ts";

/** The connection's window and that of a stream, before they are used. */
const CONNECTION_OCTETS = 1_048_576;
const STREAM_OCTETS = 65_535;
/** A DATA frame's payload in these tests; 32 of them are half a connection window, after which it is credited. */
const FRAME_OCTETS = 16_384;
const FRAMES_PER_CREDIT = CONNECTION_OCTETS / 2 / FRAME_OCTETS;

/** What WINDOW_UPDATEs on a stream, or on the connection, have given so far. */
function credited(rig: Rig, streamId: number): number {
  return rig.peer.frames
    .filter((frame) => frame.type === FRAME.WINDOW_UPDATE && frame.streamId === streamId)
    .reduce((sum, frame) => sum + numberAt(frame, 0), 0);
}

function countCredits(rig: Rig): number {
  return credited(rig, 0) - (CONNECTION_OCTETS - STREAM_OCTETS);
}

/** Sends as much on the path as makes the connection's window be credited, and expects just that. */
async function expectConnectionCredit(rig: Rig, build: (index: number) => Uint8Array) {
  await rig.peer.roundTrip();
  const before = countCredits(rig);
  for (let index = 0; index < FRAMES_PER_CREDIT; index++) {
    await rig.peer.send(build(index));
    if (index % 2 === 1) await rig.peer.roundTrip();
  }
  await rig.peer.roundTrip();
  assert.equal(countCredits(rig) - before, CONNECTION_OCTETS / 2);
}

const FULL = pattern(FRAME_OCTETS);

Deno.test("The connection is credited for DATA that is read", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await expectConnectionCredit(rig, () => data(1, FULL));
  assert.equal(rig.request(1).octets, FRAMES_PER_CREDIT * FRAME_OCTETS);
});

Deno.test("The connection is credited for padding, and so is the stream", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  const payload = pattern(FRAME_OCTETS - 256);
  await expectConnectionCredit(rig, () => data(1, payload, { padding: 255 }));
  const sent = FRAMES_PER_CREDIT * FRAME_OCTETS;
  const { sizeOctets } = rig.stream(1).receiveWindow;
  const open = STREAM_OCTETS + credited(rig, 1) - sent;
  assert.ok(open > sizeOctets / 2 && open <= sizeOctets, `${open} of ${sizeOctets} are open`);
  assert.equal(rig.request(1).octets, FRAMES_PER_CREDIT * payload.length);
});

Deno.test("The connection is credited for DATA after our reset", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.stream(1).reset(CODE.CANCEL);
  await expectConnectionCredit(rig, () => data(1, FULL));
  assert.equal(rig.request(1).octets, 0);
});

Deno.test("The connection is credited for padded DATA after our reset", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.stream(1).reset(CODE.CANCEL);
  await expectConnectionCredit(rig, () => data(1, pattern(FRAME_OCTETS - 11), { padding: 10 }));
});

Deno.test("The connection is credited for DATA of a refused stream", async () => {
  await using rig = await startServer({ limits: { maxConcurrentStreams: 0 } });
  await rig.peer.send(post(1));
  await rig.peer.expectReset(1, CODE.REFUSED_STREAM);
  await expectConnectionCredit(rig, () => data(1, FULL));
});

Deno.test("The connection is credited for DATA of a malformed request", async () => {
  await using rig = await startServer();
  await rig.peer.send(headers(1, [...POST, ["te", "gzip"]]));
  await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
  await expectConnectionCredit(rig, () => data(1, FULL));
});

Deno.test("The connection is credited for DATA above content-length", async () => {
  await using rig = await startServer();
  await rig.peer.send(headers(1, [...POST, ["content-length", "1"]]));
  await expectConnectionCredit(rig, () => data(1, FULL));
  await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
  assert.equal(rig.request(1).octets, 0);
});

Deno.test("The connection is credited for DATA of streams above our GOAWAY's last", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.connection.shutdown();
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.expectGoAway(CODE.NO_ERROR);
  await rig.peer.send(post(3));
  await expectConnectionCredit(rig, () => data(3, FULL));
  assert.equal(rig.requests.has(3), false);
});

Deno.test("The connection is credited for DATA of a stream that ended long ago", async () => {
  await using rig = await startServer();
  for (let streamId = 1; streamId < 601; streamId += 2) {
    await rig.peer.send(post(streamId), rstStream(streamId));
  }
  await rig.peer.roundTrip();
  await expectConnectionCredit(rig, () => data(1, FULL));
});

Deno.test("The connection is credited for DATA that nobody reads", async () => {
  await using rig = await startServer({ releases: false });
  await expectConnectionCredit(rig, (index) => {
    const streamId = 2 * index + 1;
    return new Uint8Array([...post(streamId), ...data(streamId, FULL)]);
  });
  assert.equal(credited(rig, 1), 0);
});

Deno.test("A client's connection is credited for DATA of a cancelled call", async () => {
  await using rig = await startClient();
  const { stream } = rig.open();
  await rig.peer.send(headers(1, OK));
  await rig.peer.roundTrip();
  stream.reset(CODE.CANCEL);
  await expectConnectionCredit(rig, () => data(1, FULL));
});

Deno.test("A client's connection is credited for DATA that comes before headers", async () => {
  await using rig = await startClient();
  const { recorder } = rig.open();
  await rig.peer.expectHeaders(1);
  await expectConnectionCredit(rig, () => data(1, FULL));
  await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
  assert.deepEqual(recorder.log, ["closed reset local 1"]);
});

Deno.test("A client's connection is credited for DATA of a stream that was left out", async () => {
  await using rig = await startClient();
  rig.open();
  rig.open();
  await rig.peer.expectHeaders(3);
  await rig.peer.send(goaway(1));
  await expectConnectionCredit(rig, () => data(3, FULL));
});

Deno.test("DATA beyond a stream's window ends the connection", async () => {
  await using rig = await startServer({ releases: false });
  await rig.peer.send(post(1));
  for (let sent = 0; sent < STREAM_OCTETS - 15; sent += 16_380) {
    await rig.peer.send(data(1, pattern(16_380)));
  }
  await rig.peer.send(data(1, pattern(15)));
  await rig.peer.roundTrip();
  assert.equal(rig.request(1).octets, STREAM_OCTETS);
  await rig.peer.send(data(1, pattern(1)));
  await rig.expectFailure(CODE.FLOW_CONTROL_ERROR);
  assert.equal(rig.request(1).octets, STREAM_OCTETS);
});

Deno.test("Padding counts against a stream's window", async () => {
  await using rig = await startServer({ releases: false });
  await rig.peer.send(post(1));
  for (let count = 0; count < 3; count++) await rig.peer.send(data(1, FULL));
  await rig.peer.send(data(1, pattern(FRAME_OCTETS - 256), { padding: 255 }));
  await rig.expectFailure(CODE.FLOW_CONTROL_ERROR);
});

Deno.test("DATA beyond the connection's window ends the connection", async () => {
  // One write, so that no WINDOW_UPDATE of ours can have been seen; credit on receipt makes an honest overrun impossible
  // otherwise. A connection window of 65,535 is charged a frame of 65,536.
  await using rig = await startServer({
    limits: { maxFrameOctets: 65_536, connectionWindowOctets: 0 },
  });
  await rig.peer.send(post(1), data(1, pattern(65_536)));
  await rig.expectFailure(CODE.FLOW_CONTROL_ERROR);
});

Deno.test("A stream that nobody reads does not stall the others", async () => {
  await using rig = await startServer({ releases: false });
  await rig.peer.send(post(1));
  for (let count = 0; count < 3; count++) await rig.peer.send(data(1, FULL));
  await rig.peer.send(post(3), data(3, FULL));
  await rig.peer.roundTrip();
  assert.equal(credited(rig, 1), 0);
  assert.equal(rig.request(3).octets, FRAME_OCTETS);
});

Deno.test("A stream is credited when its reader takes what came, half a window at a time", async () => {
  await using rig = await startServer({ releases: false });
  await rig.peer.send(post(1), data(1, FULL), data(1, FULL), data(1, FULL));
  await rig.peer.roundTrip();
  rig.stream(1).release(32_767, { drained: false });
  await rig.peer.roundTrip();
  assert.equal(credited(rig, 1), 0);
  rig.stream(1).release(1, { drained: false });
  await rig.peer.roundTrip();
  assert.equal(credited(rig, 1), 32_768);
});

Deno.test("A reader that keeps up gets a larger window, up to the limit", async () => {
  await using rig = await startServer({ limits: { maxWindowOctets: 200_000 } });
  await rig.peer.send(post(1));
  for (let count = 0; count < 100; count++) {
    await rig.peer.send(data(1, FULL));
    await rig.peer.roundTrip();
  }
  assert.equal(rig.stream(1).receiveWindow.sizeOctets, 200_000);
  const open = STREAM_OCTETS + credited(rig, 1) - 100 * FRAME_OCTETS;
  assert.ok(open > 100_000 && open <= 200_000, `${open} octets are open`);
});

Deno.test("All streams together get no more growth than the connection has; an ended one gives it back", async () => {
  await using rig = await startServer({ limits: { windowGrowthOctets: 100_000 } });
  await rig.peer.send(post(1), post(3));
  const fill = async (streamId: number) => {
    for (let count = 0; count < 20; count++) {
      await rig.peer.send(data(streamId, FULL));
      await rig.peer.roundTrip();
    }
    return rig.stream(streamId).receiveWindow.sizeOctets;
  };
  assert.equal(await fill(1), STREAM_OCTETS + 100_000);
  assert.equal(await fill(3), STREAM_OCTETS);
  await rig.peer.send(rstStream(1), post(5));
  assert.equal(await fill(5), STREAM_OCTETS + 100_000);
});

Deno.test("Windows below 65,535 are raised: a client may use as much before it has seen our SETTINGS", async () => {
  await using rig = await startServer({
    limits: { initialWindowOctets: 10, connectionWindowOctets: 10 },
    releases: false,
  });
  await rig.peer.send(post(1), data(1, FULL));
  await rig.peer.roundTrip();
  assert.equal(rig.request(1).octets, FRAME_OCTETS);
});

Deno.test("No window is given to a stream whose peer has ended", async () => {
  await using rig = await startServer({ releases: false });
  await rig.peer.send(post(1), data(1, FULL), data(1, FULL), data(1, FULL, { endStream: true }));
  await rig.peer.roundTrip();
  rig.stream(1).release(3 * FRAME_OCTETS, { drained: true });
  await rig.peer.roundTrip();
  assert.equal(credited(rig, 1), 0);
});
