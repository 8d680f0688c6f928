/** Frames that serve no purpose, or keep us waiting (docs/attacks.md 1.1, 1.3, 1.8, 1.13 and 1.14). */
import { strict as assert } from "node:assert";
import {
  CODE,
  concat,
  data,
  FRAME,
  frame,
  goaway,
  headers,
  ping,
  pingAck,
  rstStream,
  SETTING,
  settings,
  settingsAck,
  windowUpdate,
} from "../../support/wire.ts";
import { EMPTY, expectCalm, repeat, streamIdAt } from "./hostile_rig.ts";
import { get, OK_FIELDS, pattern, post, startServer } from "./rig.ts";

for (const padding of [undefined, 5]) {
  const what = padding === undefined ? "Empty DATA" : "DATA of padding alone";
  Deno.test(`${what} without end (1.8) ends the connection`, async () => {
    await using rig = await startServer();
    const empty = data(1, EMPTY, padding === undefined ? {} : { padding });
    await rig.peer.send(post(1), repeat(100, () => empty));
    await rig.peer.roundTrip();
    await rig.peer.send(empty);
    await expectCalm(rig, "too_many_data_frames");
  });
}

Deno.test("Empty DATA that ends a stream is nothing unusual", async () => {
  await using rig = await startServer({
    onRequest: ({ stream }) => stream?.sendHeaders(OK_FIELDS),
  });
  for (let index = 0; index < 300; index++) {
    const streamId = streamIdAt(index);
    await rig.peer.send(post(streamId), data(streamId, EMPTY, { endStream: true }));
    await rig.peer.roundTrip();
    rig.stream(streamId).end();
  }
  await rig.peer.roundTrip();
});

Deno.test("HEADERS that follow each other without END_STREAM (1.8) end their stream", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1), headers(1, [["x", "1"]]), headers(1, [["x", "1"]]));
  await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
  await rig.peer.roundTrip();
});

const ODD_FRAMES: readonly (readonly [name: string, one: Uint8Array])[] = [
  ["PRIORITY (1.3)", frame(FRAME.PRIORITY, 0, 99, new Uint8Array(5))],
  ["Frames of an unknown type", frame(0xfa, 0xff, 1, new Uint8Array(3))],
  ["SETTINGS", settings([[SETTING.ENABLE_PUSH, 0]])],
  ["Acknowledgements of SETTINGS", settingsAck()],
  ["Answers to no PING", pingAck(new Uint8Array(8))],
];

for (const [name, one] of ODD_FRAMES) {
  Deno.test(`${name} are taken, but not without end`, async () => {
    await using rig = await startServer({ limits: { oddFrames: { burst: 50, perSecond: 1 } } });
    await rig.peer.send(repeat(50, () => one));
    await rig.peer.roundTrip();
    await rig.peer.send(one, one);
    await expectCalm(rig, "too_many_odd_frames");
  });
}

Deno.test("GOAWAY is taken more than once, but not without end", async () => {
  await using rig = await startServer({ limits: { oddFrames: { burst: 50, perSecond: 1 } } });
  await rig.peer.send(get(1), repeat(51, () => goaway(0)));
  await rig.peer.roundTrip();
  await rig.peer.send(goaway(0));
  await expectCalm(rig, "too_many_odd_frames");
});

Deno.test("DATA for a stream that we reset is dropped, but not without end", async () => {
  await using rig = await startServer({ limits: { oddFrames: { burst: 50, perSecond: 1 } } });
  await rig.peer.send(post(1));
  await rig.peer.roundTrip();
  rig.stream(1).reset(CODE.CANCEL);
  // The window that the stream had left may be under way, in however many frames.
  await rig.peer.send(repeat(1000, () => data(1, pattern(1))));
  await rig.peer.send(repeat(3, () => data(1, pattern(16_384))), data(1, pattern(15_383)));
  await rig.peer.roundTrip();
  await rig.peer.send(repeat(50, () => data(1, pattern(1))));
  await rig.peer.roundTrip();
  await rig.peer.send(data(1, pattern(1)));
  await expectCalm(rig, "too_many_odd_frames");
});

Deno.test("A window opened in crumbs (1.1) ends the connection", async () => {
  await using rig = await startServer();
  await rig.peer.send(repeat(5, () => windowUpdate(0, 1)));
  await rig.peer.roundTrip();
  await rig.peer.send(windowUpdate(0, 1));
  await expectCalm(rig, "too_many_window_updates");
});

Deno.test("An update for each of the small messages of one DATA frame is nothing unusual", async () => {
  await using rig = await startServer();
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(9 * 1000));
  rig.stream(1).flush();
  await rig.peer.expectData(1, 9000);
  await rig.peer.send(repeat(1000, () => concat([windowUpdate(1, 9), windowUpdate(0, 9)])));
  await rig.peer.roundTrip();
});

Deno.test("Windows of 0 (1.14) leave a connection's send buffer, and a little for each stream", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  await rig.peer.send(repeat(100, (index) => get(streamIdAt(index))));
  await rig.peer.roundTrip();
  for (const streamId of rig.requests.keys()) {
    const stream = rig.stream(streamId);
    do stream.output.append(pattern(1024)); while (stream.flush());
  }
  const held = [...rig.requests.keys()].map((id) => rig.stream(id).output.pendingOctets);
  assert.equal(held[0], 65_536, "one that stalls alone has all of its own");
  assert.equal(held.at(-1), 8_192, "none is left without");
  assert.ok(held.reduce((sum, octets) => sum + octets) <= 262_144 + 100 * 8_192);
  rig.clock.advance(300_000);
  await rig.peer.roundTrip();
  assert.equal(rig.connection.streams.size, 0);
});

Deno.test("SETTINGS with more than 32 entries end the connection", async () => {
  await using rig = await startServer();
  await rig.peer.send(settings(Array.from({ length: 33 }, () => [0xabcd, 1] as const)));
  await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
});

Deno.test("PINGs above the policy end the connection with the words that gRPC clients look for", async () => {
  const pings = { minIntervalMs: 1000, minIdleIntervalMs: 60_000, maxStrikes: 2 };
  await using rig = await startServer({ limits: { pings } });
  await rig.peer.send(repeat(4, () => ping()));
  await expectCalm(rig, "too_many_pings");
});

Deno.test("What stalled streams hold is given back when they move on or end", async () => {
  const limits = { connectionSendOctets: 65_536 };
  const settings = [[SETTING.INITIAL_WINDOW_SIZE, 0]] as const;
  await using rig = await startServer({ limits, settings });
  await rig.peer.send(get(1), get(3), get(5));
  await rig.peer.roundTrip();
  const fill = (streamId: number) => {
    const stream = rig.stream(streamId);
    do stream.output.append(pattern(1024)); while (stream.flush());
    return stream.output.pendingOctets;
  };
  assert.deepEqual([fill(1), fill(3)], [65_536, 8_192]);
  // One ends, the other moves on: the third has all of its own again.
  await rig.peer.send(rstStream(1), windowUpdate(3, 10_000));
  await rig.peer.expectData(3, 8_192);
  assert.equal(fill(5), 65_536);
});

Deno.test("DATA of one octet (1.13) is taken, and holds its octets alone", async () => {
  await using rig = await startServer({ releases: false });
  await rig.peer.send(post(1));
  for (let round = 0; round < 60; round++) {
    await rig.peer.send(repeat(1000, () => data(1, pattern(1))));
  }
  await rig.peer.roundTrip();
  assert.equal(rig.request(1).octets, 60_000);
  // The window counts octets, so that a reader which does not read ends the flood.
  await rig.peer.send(repeat(6000, () => data(1, pattern(1))));
  await rig.expectFailure(CODE.FLOW_CONTROL_ERROR);
});
