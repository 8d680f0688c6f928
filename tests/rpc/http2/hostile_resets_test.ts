/** Attacks by resets, the peer's and those it makes us send (docs/attacks.md 1.4, 1.9, 1.10 and 1.16). */
import { strict as assert } from "node:assert";
import {
  CODE,
  concat,
  data,
  type Fields,
  FRAME,
  frame,
  headers,
  rstStream,
  SETTING,
  windowUpdate,
} from "../../support/wire.ts";
import { expectCalm, repeat, streamIdAt, untilQuiet } from "./hostile_rig.ts";
import { GET, get, OK_FIELDS, pattern, post, type Rig, startServer } from "./rig.ts";

Deno.test("Rapid resets (1.9) end the connection", async () => {
  await using rig = await startServer();
  await rig.peer.send(repeat(1000, (index) => {
    return concat([get(streamIdAt(index)), rstStream(streamIdAt(index))]);
  }));
  await rig.peer.roundTrip();
  assert.equal(rig.connection.streams.size, 0);
  await rig.peer.send(get(2001), rstStream(2001));
  await expectCalm(rig, "too_many_resets");
  assert.ok([...rig.requests.values()].every(({ cause }) => cause !== undefined));
});

Deno.test("Resets of streams that we have answered are nothing unusual", async () => {
  await using rig = await startServer({
    settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]],
    onRequest: ({ stream }) => {
      stream?.output.append(pattern(10));
      stream?.end();
    },
  });
  for (let index = 0; index < 1200; index++) {
    await rig.peer.send(get(streamIdAt(index)), rstStream(streamIdAt(index)));
  }
  await rig.peer.roundTrip();
  assert.equal(rig.connection.streams.size, 0);
});

Deno.test("Malformed requests that make us reset (1.4) end the connection", async () => {
  await using rig = await startServer();
  const malformed: Fields = [...GET, ["connection", "close"]];
  await rig.peer.send(repeat(1025, (index) => headers(streamIdAt(index), malformed)));
  await expectCalm(rig, "too_many_internal_resets");
  assert.equal(rig.requests.size, 0);
});

Deno.test("Streams above the limit are refused (1.16), and too many of them end the connection", async () => {
  await using rig = await startServer({ limits: { maxConcurrentStreams: 3 } });
  await rig.peer.send(repeat(4, (index) => post(streamIdAt(index))));
  await rig.peer.expectReset(7, CODE.REFUSED_STREAM);
  assert.equal(rig.requests.size, 3);
  await rig.peer.send(repeat(1024, (index) => post(9 + streamIdAt(index) - 1)));
  await expectCalm(rig, "too_many_internal_resets");
  assert.equal(rig.requests.size, 3);
});

/** What makes servers reset a stream whose request was in order (1.10, MadeYouReset). */
const PRIMITIVES: readonly (readonly [name: string, frames: Uint8Array, code: number])[] = [
  ["WINDOW_UPDATE of 0", windowUpdate(1, 0), CODE.PROTOCOL_ERROR],
  ["PRIORITY of 4 octets", frame(FRAME.PRIORITY, 0, 1, new Uint8Array(4)), CODE.FRAME_SIZE_ERROR],
  [
    "PRIORITY on itself",
    frame(FRAME.PRIORITY, 0, 1, Uint8Array.of(0, 0, 0, 1, 0)),
    CODE.PROTOCOL_ERROR,
  ],
  ["HEADERS after END_STREAM", headers(1, GET, { endStream: true }), CODE.STREAM_CLOSED],
  ["DATA after END_STREAM", data(1, pattern(1)), CODE.STREAM_CLOSED],
];

for (const [name, frames, code] of PRIMITIVES) {
  Deno.test(`${name} (1.10) ends the connection, not the stream alone`, async () => {
    await using rig = await startServer();
    await rig.peer.send(get(1), frames);
    await rig.expectFailure(code);
  });
}

Deno.test("Windows that overflow (1.10) share the budget of resets", async () => {
  await using rig = await startServer({ limits: { resetsSent: { burst: 3, perSecond: 0 } } });
  for (const streamId of [1, 3, 5, 7]) {
    await rig.peer.send(get(streamId), windowUpdate(streamId, 0x7fff_ffff));
  }
  for (const streamId of [1, 3, 5]) {
    await rig.peer.expectReset(streamId, CODE.FLOW_CONTROL_ERROR);
  }
  await expectCalm(rig, "too_many_internal_resets");
});

/** How a stream ends before its RST_STREAM comes, and how many of those are nothing unusual. */
const LATE_RESETS: readonly (readonly [
  name: string,
  end: (rig: Rig) => Promise<void>,
  free: number,
])[] = [
  ["that was answered", answerFirst, 1],
  ["that we reset", (rig) => Promise.resolve(rig.stream(1).reset(CODE.CANCEL)), 1],
  ["that its sender reset", (rig) => rig.peer.send(rstStream(1)), 0],
];

async function answerFirst(rig: Rig): Promise<void> {
  rig.stream(1).sendHeaders(OK_FIELDS, { endStream: true });
  await rig.peer.expectHeaders(1);
}

for (const [name, end, free] of LATE_RESETS) {
  Deno.test(`RST_STREAM on a stream ${name} is taken, but not without end`, async () => {
    await using rig = await startServer({ limits: { oddFrames: { burst: 50, perSecond: 1 } } });
    await rig.peer.send(get(1));
    await rig.peer.roundTrip();
    await end(rig);
    await rig.peer.send(repeat(50 + free, () => rstStream(1)));
    await rig.peer.roundTrip();
    await rig.peer.send(rstStream(1));
    await expectCalm(rig, "too_many_odd_frames");
  });
}

Deno.test("Requests of one read (1.9) let other connections have their turn", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  const turn = Promise.withResolvers<void>();
  rig.clock.turn = () => turn.promise;
  const requests = repeat(50, (index) => get(streamIdAt(index)));
  assert.ok(requests.length < 4096, "one read takes them all");
  await rig.peer.send(requests);
  await untilQuiet(rig);
  assert.equal(rig.requests.size, 32);
  turn.resolve();
  await rig.peer.roundTrip();
  assert.equal(rig.requests.size, 50);
});
