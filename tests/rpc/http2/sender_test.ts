import { strict as assert } from "node:assert";
import { withTimeout } from "../../support/with_timeout.ts";
import {
  CODE,
  FLAG,
  FRAME,
  rstStream,
  SETTING,
  settings,
  windowUpdate,
} from "../../support/wire.ts";
import { hasFlag } from "../../support/seen_frames.ts";
import {
  get,
  join,
  OK_FIELDS,
  pattern,
  post,
  type Rig,
  startClient,
  startServer,
  TIMEOUT_MS,
} from "./rig.ts";

const LARGE_WINDOWS = [[SETTING.INITIAL_WINDOW_SIZE, 0x7fff_ffff]] as const;

/** DATA frames that the peer has seen: stream and octets. */
function seenData(rig: Rig): [streamId: number, octets: number][] {
  return rig.peer.frames.filter(({ type }) => type === FRAME.DATA)
    .map(({ streamId, payload }) => [streamId, payload.length]);
}

function sumOf(rig: Rig, streamId: number): number {
  return seenData(rig).filter(([seen]) => seen === streamId)
    .reduce((sum, [, octets]) => sum + octets, 0);
}

/** Two round trips: the answer to the first may leave before DATA of the same write is read. */
async function settle(rig: Rig): Promise<void> {
  await rig.peer.roundTrip();
  await rig.peer.roundTrip();
}

/** A server of ours on which these requests are open. */
async function startWithRequests(
  streamIds: readonly number[],
  options: Parameters<typeof startServer>[0] = {},
): Promise<Rig> {
  const rig = await startServer(options);
  await rig.peer.send(windowUpdate(0, 0x7fff_ffff - 65_535), ...streamIds.map(get));
  await rig.peer.roundTrip();
  return rig;
}

Deno.test("Streams take turns, a frame each", async () => {
  await using rig = await startWithRequests([1, 3, 5], { settings: LARGE_WINDOWS });
  for (const streamId of [1, 3, 5]) {
    const stream = rig.stream(streamId);
    stream.output.append(pattern(40_000));
    stream.end();
  }
  for (const streamId of [1, 3, 5]) await rig.peer.expectData(streamId, 40_000);
  assert.deepEqual(seenData(rig), [
    [1, 16_384],
    [3, 16_384],
    [5, 16_384],
    [1, 16_384],
    [3, 16_384],
    [5, 16_384],
    [1, 7232],
    [3, 7232],
    [5, 7232],
  ]);
});

Deno.test("A stream with little to say is not held up by one with much", async () => {
  await using rig = await startWithRequests([1, 3], { settings: LARGE_WINDOWS });
  rig.stream(1).output.append(pattern(1_000_000));
  rig.stream(1).flush();
  rig.stream(3).output.append(pattern(10));
  rig.stream(3).end();
  await rig.peer.expectData(3, 10);
  assert.ok(sumOf(rig, 1) <= 200_000);
  await rig.peer.expectData(1, 1_000_000);
});

Deno.test("The body arrives as it was appended", async () => {
  await using rig = await startWithRequests([1], { settings: LARGE_WINDOWS });
  const body = pattern(300_000);
  const stream = rig.stream(1);
  stream.sendHeaders(OK_FIELDS);
  for (let at = 0; at < body.length; at += 777) {
    stream.output.append(body.subarray(at, at + 777));
    stream.flush();
  }
  stream.end([{ name: "x-end", value: "1" }]);
  assert.deepEqual(await rig.peer.expectData(1, body.length), body);
  await rig.peer.expectHeaders(1);
  assert.equal((await rig.peer.expectHeaders(1)).get("x-end"), "1");
});

Deno.test("Many small appends of one turn leave in one DATA frame and one write", async () => {
  await using rig = await startWithRequests([1], { settings: LARGE_WINDOWS });
  const stream = rig.stream(1);
  const writes = rig.socket.writes;
  stream.sendHeaders(OK_FIELDS);
  for (let count = 0; count < 1000; count++) {
    stream.output.append(Uint8Array.of(count));
    stream.flush();
  }
  stream.end([{ name: "x-end", value: "1" }]);
  await rig.peer.expectData(1, 1000);
  await rig.peer.expectHeaders(1);
  await rig.peer.expectHeaders(1);
  assert.equal(rig.socket.writes - writes, 1);
  assert.deepEqual(seenData(rig), [[1, 1000]]);
});

Deno.test("Appends over a few turns of the microtask queue leave in one write", async () => {
  await using rig = await startWithRequests([1, 3], { settings: LARGE_WINDOWS });
  const writes = rig.socket.writes;
  for (const streamId of [1, 3]) {
    const stream = rig.stream(streamId);
    for (let count = 0; count < 50; count++) {
      await Promise.resolve();
      stream.output.append(Uint8Array.of(count));
      stream.flush();
    }
  }
  await rig.peer.expectData(1, 50);
  await rig.peer.expectData(3, 50);
  assert.equal(rig.socket.writes - writes, 1);
});

Deno.test("A write that the socket takes in pieces goes on where it stopped", async () => {
  await using rig = await startWithRequests([1], { settings: LARGE_WINDOWS });
  rig.socket.maxWriteOctets = 7;
  const body = pattern(1000);
  const stream = rig.stream(1);
  stream.sendHeaders(OK_FIELDS);
  stream.output.append(body);
  stream.end();
  assert.deepEqual(await rig.peer.expectData(1, body.length), body);
});

Deno.test("END_STREAM is on the last DATA frame, or on an empty one if that has left", async () => {
  await using rig = await startWithRequests([1, 3], { settings: LARGE_WINDOWS });
  rig.stream(1).output.append(pattern(5));
  rig.stream(1).end();
  rig.stream(3).output.append(pattern(5));
  rig.stream(3).flush();
  await rig.peer.roundTrip();
  rig.stream(3).end();
  await rig.peer.roundTrip();
  const ends = rig.peer.frames.filter(({ type }) => type === FRAME.DATA)
    .map((frame) => [frame.streamId, frame.payload.length, hasFlag(frame, FLAG.END_STREAM)]);
  assert.deepEqual(ends, [[1, 5, true], [3, 5, false], [3, 0, true]]);
  assert.deepEqual(rig.request(1).log, ["closed finished"]);
  assert.deepEqual(rig.request(3).log, ["closed finished"]);
});

Deno.test("Trailers follow all DATA, also while the window is closed", async () => {
  await using rig = await startWithRequests([1], { settings: [[SETTING.INITIAL_WINDOW_SIZE, 10]] });
  const stream = rig.stream(1);
  stream.sendHeaders(OK_FIELDS);
  stream.output.append(pattern(25));
  stream.end([{ name: "x-end", value: "1" }]);
  await rig.peer.expectHeaders(1);
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.HEADERS);
  await rig.peer.send(windowUpdate(1, 14));
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.HEADERS);
  await rig.peer.send(windowUpdate(1, 1));
  await rig.peer.expectHeaders(1);
  assert.deepEqual(seenData(rig), [[1, 10], [1, 14], [1, 1]]);
});

Deno.test("A stream's window bounds what is sent", async () => {
  await using rig = await startWithRequests([1], { settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  const stream = rig.stream(1);
  stream.output.append(pattern(100));
  stream.flush();
  await rig.peer.roundTrip();
  assert.equal(sumOf(rig, 1), 0);
  for (const octets of [1, 30, 69]) await rig.peer.send(windowUpdate(1, octets));
  await rig.peer.expectData(1, 100);
  await rig.peer.roundTrip();
  assert.equal(sumOf(rig, 1), 100);
});

Deno.test("The connection's window bounds all streams together, and they share what is opened", async () => {
  await using rig = await startServer({ settings: LARGE_WINDOWS });
  await rig.peer.send(get(1), get(3));
  await rig.peer.roundTrip();
  for (const streamId of [1, 3]) {
    rig.stream(streamId).output.append(pattern(50_000));
    rig.stream(streamId).flush();
  }
  await settle(rig);
  assert.equal(sumOf(rig, 1) + sumOf(rig, 3), 65_535);
  await rig.peer.send(windowUpdate(0, 20_000));
  await settle(rig);
  assert.equal(sumOf(rig, 1) + sumOf(rig, 3), 85_535);
  await rig.peer.send(windowUpdate(0, 20_000));
  await settle(rig);
  assert.deepEqual([sumOf(rig, 1), sumOf(rig, 3)], [50_000, 50_000]);
});

Deno.test("Trailers of one stream do not wait for the connection's window that another waits for", async () => {
  await using rig = await startServer({ settings: LARGE_WINDOWS });
  await rig.peer.send(get(1), get(3));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(100_000));
  rig.stream(1).flush();
  rig.stream(3).sendHeaders(OK_FIELDS);
  await rig.peer.roundTrip();
  assert.equal(rig.connection.sender.windowOctets, 0);
  rig.stream(3).end([{ name: "x-end", value: "1" }]);
  await rig.peer.expectHeaders(3);
  assert.equal((await rig.peer.expectHeaders(3)).get("x-end"), "1");
});

Deno.test("SETTINGS that shrink a window make it negative; it has to be opened above zero", async () => {
  await using rig = await startWithRequests([1], {
    settings: [[SETTING.INITIAL_WINDOW_SIZE, 1000]],
  });
  const stream = rig.stream(1);
  stream.output.append(pattern(1500));
  stream.flush();
  await rig.peer.expectData(1, 1000);
  await rig.peer.send(settings([[SETTING.INITIAL_WINDOW_SIZE, 100]]));
  await rig.peer.roundTrip();
  assert.equal(stream.sendWindowOctets, -900);
  await rig.peer.send(windowUpdate(1, 900));
  await rig.peer.roundTrip();
  assert.equal(sumOf(rig, 1), 1000);
  await rig.peer.send(windowUpdate(1, 1));
  await rig.peer.expectData(1, 1);
  await rig.peer.send(settings([[SETTING.INITIAL_WINDOW_SIZE, 599]]));
  await rig.peer.expectData(1, 499);
  await rig.peer.roundTrip();
  assert.deepEqual(seenData(rig), [[1, 1000], [1, 1], [1, 499]]);
});

Deno.test("A window above 2^31-1 ends the stream; on the connection it ends all", async () => {
  await using rig = await startWithRequests([1, 3]);
  await rig.peer.send(windowUpdate(1, 0x7fff_ffff));
  await rig.peer.expectReset(1, CODE.FLOW_CONTROL_ERROR);
  await rig.peer.roundTrip();
  await rig.peer.send(windowUpdate(0, 1));
  await rig.expectFailure(CODE.FLOW_CONTROL_ERROR);
  assert.deepEqual(rig.request(3).log, ["closed connection FLOW_CONTROL_ERROR"]);
});

Deno.test("SETTINGS that lift a window above 2^31-1 end the connection", async () => {
  await using rig = await startWithRequests([1]);
  await rig.peer.send(windowUpdate(1, 1), settings(LARGE_WINDOWS));
  await rig.expectFailure(CODE.FLOW_CONTROL_ERROR);
});

Deno.test("DATA frames respect the peer's frame size, and stay small enough for others to take turns", async () => {
  const options = { settings: [...LARGE_WINDOWS, [SETTING.MAX_FRAME_SIZE, 0xff_ffff]] as const };
  await using rig = await startWithRequests([1], options);
  rig.stream(1).output.append(pattern(100_000));
  rig.stream(1).flush();
  await rig.peer.expectData(1, 100_000);
  assert.deepEqual(seenData(rig).map(([, octets]) => octets), [32_768, 32_768, 32_768, 1696]);
});

Deno.test("Headers above the peer's frame size go on in CONTINUATION", async () => {
  await using rig = await startWithRequests([1]);
  const long = "☺x".repeat(20_000).replaceAll("☺", "\xff");
  rig.stream(1).sendHeaders([...OK_FIELDS, { name: "x-long", value: long, sensitive: true }]);
  assert.equal((await rig.peer.expectHeaders(1)).get("x-long"), long);
  const continuation = rig.peer.frames.filter(({ type }) => type === FRAME.CONTINUATION);
  assert.ok(continuation.length >= 2);
  assert.deepEqual(continuation.map((frame) => hasFlag(frame, FLAG.END_HEADERS)).indexOf(true), 1);
  assert.ok(continuation.every(({ payload }) => payload.length <= 16_384));
});

Deno.test("flush() says when to wait, and writable() when to go on", async () => {
  await using rig = await startWithRequests([1], { settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  const stream = rig.stream(1);
  stream.output.append(pattern(65_535));
  assert.equal(stream.flush(), true);
  stream.output.append(pattern(1));
  assert.equal(stream.flush(), false);
  await rig.peer.send(windowUpdate(1, 32_767));
  await rig.peer.expectData(1, 32_767);
  assert.equal(rig.request(1).writables, 0);
  await rig.peer.send(windowUpdate(1, 1));
  await rig.peer.expectData(1, 1);
  assert.equal(rig.request(1).writables, 1);
});

Deno.test("A listener may write and end within writable(): all of it arrives once", async () => {
  await using rig = await startClient({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  const { stream, recorder } = rig.open();
  recorder.onWritable = () => {
    stream.output.append(pattern(10));
    stream.end();
  };
  stream.output.append(pattern(65_536));
  assert.equal(stream.flush(), false);
  await rig.peer.send(windowUpdate(0, 100_000), windowUpdate(1, 100_000));
  assert.deepEqual(
    await rig.peer.expectData(1, 65_546),
    join([pattern(65_536), pattern(10)]),
  );
  await rig.peer.roundTrip();
  const ends = rig.peer.frames.filter((frame) =>
    frame.type === FRAME.DATA && hasFlag(frame, FLAG.END_STREAM)
  );
  assert.equal(ends.length, 1);
  assert.equal(recorder.writables, 1);
});

Deno.test("A listener may reset its stream, and another one, within writable()", async () => {
  await using rig = await startWithRequests([1, 3, 5], { settings: LARGE_WINDOWS });
  rig.request(1).onWritable = () => {
    rig.stream(1).reset(CODE.CANCEL);
    rig.stream(3).reset(CODE.CANCEL);
  };
  for (const streamId of [1, 3, 5]) {
    rig.stream(streamId).output.append(pattern(65_536));
    rig.stream(streamId).flush();
  }
  await rig.peer.expectReset(1, CODE.CANCEL);
  await rig.peer.expectReset(3, CODE.CANCEL);
  await rig.peer.expectData(5, 65_536);
  await rig.peer.roundTrip();
});

Deno.test("What a reset stream had not sent is dropped", async () => {
  await using rig = await startWithRequests([1, 3], { settings: LARGE_WINDOWS });
  rig.socket.stall();
  rig.stream(1).output.append(pattern(500_000));
  rig.stream(1).flush();
  rig.stream(1).reset(CODE.CANCEL);
  rig.stream(3).output.append(pattern(10));
  rig.stream(3).end();
  assert.equal(rig.stream(1).output.pendingOctets, 0);
  rig.socket.resume();
  await rig.peer.expectReset(1, CODE.CANCEL);
  await rig.peer.expectData(3, 10);
  assert.equal(sumOf(rig, 1), 0);
});

Deno.test("Streams that end while they wait for the connection's window leave nothing behind", async () => {
  await using rig = await startServer({ settings: LARGE_WINDOWS });
  await rig.peer.send(get(1));
  await rig.peer.roundTrip();
  rig.stream(1).output.append(pattern(100_000));
  rig.stream(1).flush();
  await rig.peer.roundTrip();
  for (let streamId = 3; streamId < 200; streamId += 2) {
    await rig.peer.send(get(streamId));
    await rig.peer.roundTrip();
    rig.stream(streamId).output.append(pattern(10));
    rig.stream(streamId).end();
    await rig.peer.send(rstStream(streamId));
  }
  await rig.peer.roundTrip();
  assert.notEqual(rig.connection.sender.stalledSinceMs, undefined);
  await rig.peer.send(rstStream(1));
  await rig.peer.roundTrip();
  assert.equal(rig.connection.sender.stalledSinceMs, undefined);
  // Nobody waits any more: the connection lives on.
  rig.clock.advance(400_000);
  await rig.peer.roundTrip();
});

Deno.test("drained() waits for what is queued, and for what is being written", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  const { sender } = rig.connection;
  await withTimeout(sender.drained(), TIMEOUT_MS, "an empty queue");

  rig.socket.stall();
  rig.connection.ping(() => {});
  let settled = 0;
  const first = sender.drained().then(() => settled++);
  await Promise.resolve();
  assert.equal(settled, 0);
  rig.socket.resume();
  await withTimeout(first, TIMEOUT_MS, "the queue to leave");
  await rig.peer.expectFrame(FRAME.PING);
});

Deno.test("drained() settles when the connection is closed meanwhile", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.socket.stall();
  rig.connection.ping(() => {});
  const drained = rig.connection.sender.drained();
  rig.connection.close();
  await withTimeout(drained, TIMEOUT_MS, "the queue to be given up");
  await rig.done;
});

Deno.test("A socket that refuses a write ends the connection, with the cause", async () => {
  await using rig = await startWithRequests([1]);
  rig.socket.cut();
  rig.stream(1).sendHeaders(OK_FIELDS);
  await rig.done;
  assert.deepEqual(rig.request(1).log, ["closed connection CONNECT_ERROR"]);
  assert.ok(rig.error?.cause instanceof Deno.errors.ConnectionReset);
});

Deno.test("A listener that throws while its output leaves ends the connection, not the process", async () => {
  await using rig = await startWithRequests([1], { settings: LARGE_WINDOWS });
  rig.request(1).onWritable = () => {
    throw new Error("A fault of the listener");
  };
  rig.stream(1).output.append(pattern(65_536));
  rig.stream(1).flush();
  await rig.done;
  assert.equal(rig.connection.state, "closed");
  assert.match(String(rig.error?.cause), /A fault of the listener/);
});

Deno.test("The request's body stays open in one direction after ours has ended (client)", async () => {
  await using rig = await startClient();
  const { stream, recorder } = rig.open({ endStream: true });
  await rig.peer.expectHeaders(1);
  assert.equal(stream.state.kind, "half_closed_local");
  assert.deepEqual(recorder.log, []);
  stream.end();
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.DATA);
});

Deno.test("Heads of many streams leave in the order in which they were sent", async () => {
  await using rig = await startServer();
  await rig.peer.send(...[1, 3, 5, 7].map(post));
  await rig.peer.roundTrip();
  for (const streamId of [5, 1, 7, 3]) rig.stream(streamId).sendHeaders(OK_FIELDS);
  await rig.peer.roundTrip();
  const heads = rig.peer.frames.filter(({ type }) => type === FRAME.HEADERS);
  assert.deepEqual(heads.map(({ streamId }) => streamId), [5, 1, 7, 3]);
});
