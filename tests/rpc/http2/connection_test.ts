/** Requests and responses on a live connection, in both roles. */
import { strict as assert } from "node:assert";
import { hasFlag, readSettings } from "../../support/seen_frames.ts";
import {
  CODE,
  continuation,
  data,
  FLAG,
  FRAME,
  frame,
  headers,
  headersLiteral,
  PREFACE,
  rstStream,
  SETTING,
  settings,
} from "../../support/wire.ts";
import {
  GET,
  get,
  join,
  OK,
  OK_FIELDS,
  pattern,
  POST,
  post,
  type Rig,
  startClient,
  startServer,
} from "./rig.ts";

Deno.test("A server opens with SETTINGS and a larger connection window", async () => {
  await using rig = await startServer({ limits: { maxConcurrentStreams: 7 } });
  const opening = await rig.peer.expectFrame(FRAME.SETTINGS);
  assert.deepEqual(readSettings(opening), [
    [SETTING.MAX_CONCURRENT_STREAMS, 7],
    [SETTING.INITIAL_WINDOW_SIZE, 65_535],
    [SETTING.MAX_FRAME_SIZE, 16_384],
    [SETTING.MAX_HEADER_LIST_SIZE, 16_384],
  ]);
  await rig.peer.expectFrame(FRAME.WINDOW_UPDATE, ({ streamId }) => streamId === 0);
});

Deno.test("A client opens with SETTINGS that forbid push", async () => {
  await using rig = await startClient();
  const opening = await rig.peer.expectFrame(FRAME.SETTINGS);
  assert.deepEqual(readSettings(opening)[0], [SETTING.ENABLE_PUSH, 0]);
});

Deno.test("SETTINGS are acknowledged, each", async () => {
  await using rig = await startServer();
  await rig.peer.send(settings([[4, 1]]), settings());
  await rig.peer.roundTrip();
  const acks = rig.peer.frames.filter((seen) =>
    seen.type === FRAME.SETTINGS && hasFlag(seen, FLAG.ACK)
  );
  assert.equal(acks.length, 3);
});

Deno.test("The preface may come byte by byte", async () => {
  await using rig = await startServer({ settings: null, acknowledges: false });
  for (const octet of join([PREFACE, settings(), get(1)])) {
    await rig.peer.send(Uint8Array.of(octet));
  }
  await rig.peer.roundTrip();
  assert.ok(rig.requests.has(1));
});

Deno.test("A request with body and trailers reaches its listener; the answer reaches the peer", async () => {
  await using rig = await startServer();
  await rig.peer.send(
    post(1),
    data(1, pattern(100)),
    data(1, pattern(50), { padding: 20 }),
    headers(1, [["x-end", "1"]], { endStream: true }),
  );
  await rig.peer.roundTrip();
  const request = rig.request(1);
  assert.deepEqual(request.log, ["data 100", "data 50", "trailers"]);
  assert.deepEqual(request.trailerFields, [{ name: "x-end", value: "1" }]);
  const stream = rig.stream(1);
  stream.sendHeaders([...OK_FIELDS, { name: "x-answer", value: "a" }]);
  stream.output.append(pattern(200));
  stream.end([{ name: "x-status", value: "0" }]);
  assert.equal((await rig.peer.expectHeaders(1)).get("x-answer"), "a");
  assert.deepEqual(await rig.peer.expectData(1, 200), pattern(200));
  const trailers = await rig.peer.expectHeaders(1);
  assert.deepEqual([trailers.get("x-status"), trailers.endStream], ["0", true]);
  await rig.peer.roundTrip();
  rig.peer.expectNone(FRAME.RST_STREAM);
  assert.equal(request.log.at(-1), "closed finished");
});

Deno.test("Headers may be padded, carry a priority, and go on in CONTINUATION", async () => {
  await using rig = await startServer();
  const block = headersLiteral([...GET, ["x-long", "y".repeat(500)]]);
  const first = join([Uint8Array.of(3), new Uint8Array(5), block.subarray(0, 10), pattern(3)]);
  await rig.peer.send(
    frame(FRAME.HEADERS, FLAG.PADDED | FLAG.PRIORITY | FLAG.END_STREAM, 1, first),
    continuation(1, block.subarray(10, 300), false),
    continuation(1, block.subarray(300)),
  );
  await rig.peer.roundTrip();
  assert.equal(rig.stream(1).state.kind, "half_closed_remote");
});

Deno.test("An answer that ends before the request is followed by RST_STREAM with NO_ERROR", async () => {
  const answers: readonly ((rig: Rig) => void)[] = [
    (rig) => rig.stream(1).sendHeaders(OK_FIELDS, { endStream: true }),
    (rig) => {
      rig.stream(1).sendHeaders(OK_FIELDS);
      rig.stream(1).output.append(pattern(10));
      rig.stream(1).end();
    },
    (rig) => {
      rig.stream(1).sendHeaders(OK_FIELDS);
      rig.stream(1).output.append(pattern(10));
      rig.stream(1).end([{ name: "x-end", value: "1" }]);
    },
  ];
  for (const answer of answers) {
    await using rig = await startServer();
    await rig.peer.send(post(1));
    await rig.peer.roundTrip();
    answer(rig);
    await rig.peer.expectReset(1, CODE.NO_ERROR);
    const ours = rig.peer.frames.filter(({ streamId }) => streamId === 1);
    assert.equal(ours.at(-1)?.type, FRAME.RST_STREAM);
    assert.ok(ours.at(-2) !== undefined && hasFlag(ours.at(-2) ?? ours[0], FLAG.END_STREAM));
    // What the client still had under way is dropped.
    await rig.peer.send(data(1, pattern(10)), data(1, pattern(1), { endStream: true }));
    await rig.peer.roundTrip();
    assert.deepEqual(rig.request(1).log, ["closed reset local 0"]);
  }
});

Deno.test("A request that is answered while it is told ends in order", async () => {
  await using rig = await startServer({
    onRequest: ({ stream }) => stream?.sendHeaders(OK_FIELDS, { endStream: true }),
  });
  await rig.peer.send(get(1), post(3));
  await rig.peer.expectHeaders(1);
  await rig.peer.expectReset(3, CODE.NO_ERROR);
  assert.deepEqual(rig.request(1).log, ["closed finished"]);
  assert.deepEqual(rig.request(3).log, ["closed reset local 0"]);
});

Deno.test("A request that nobody wants is refused as unprocessed", async () => {
  await using rig = await startServer({ events: { request: () => undefined } });
  await rig.peer.send(get(1));
  await rig.peer.expectReset(1, CODE.REFUSED_STREAM);
  await rig.peer.roundTrip();
});

Deno.test("The end of a request survives a reset that follows it", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1), data(1, pattern(10), { endStream: true }), rstStream(1));
  await rig.peer.roundTrip();
  assert.deepEqual(rig.request(1).log, ["data 10 end", "closed reset remote 8"]);
});

Deno.test("The end of a response survives a reset that follows it", async () => {
  await using rig = await startClient();
  const first = rig.open();
  const second = rig.open();
  await rig.peer.expectHeaders(3);
  await rig.peer.send(
    headers(1, OK),
    data(1, pattern(10), { endStream: true }),
    rstStream(1, CODE.NO_ERROR),
    headers(3, OK),
    headers(3, [["x-end", "1"]], { endStream: true }),
    rstStream(3, CODE.NO_ERROR),
  );
  await rig.peer.roundTrip();
  assert.deepEqual(first.recorder.log, ["head 200", "data 10 end", "closed reset remote 0"]);
  assert.deepEqual(second.recorder.log, ["head 200", "trailers", "closed reset remote 0"]);
});

Deno.test("A listener may reset, end or answer its stream from every callback", async () => {
  const actions = ["reset", "end"] as const;
  for (const action of actions) {
    await using rig = await startClient();
    const { stream, recorder } = rig.open();
    const act = () => action === "reset" ? stream.reset(CODE.CANCEL) : stream.end();
    const data_ = recorder.data.bind(recorder);
    recorder.data = (chunk, endStream) => {
      data_(chunk, endStream);
      act();
    };
    await rig.peer.expectHeaders(1);
    await rig.peer.send(headers(1, OK), data(1, pattern(5), { endStream: true }));
    await rig.peer.roundTrip();
    const end = action === "reset" ? "closed reset local 8" : "closed finished";
    assert.deepEqual(recorder.log, ["head 200", "data 5 end", end]);
  }
});

Deno.test("Interim responses are skipped", async () => {
  await using rig = await startClient();
  const { recorder } = rig.open();
  await rig.peer.expectHeaders(1);
  await rig.peer.send(
    headers(1, [[":status", "100"]]),
    headers(1, [[":status", "103"], ["link", "x"]]),
    headers(1, OK),
    headers(1, [["x-end", "1"]], { endStream: true }),
  );
  await rig.peer.roundTrip();
  assert.deepEqual(recorder.log, ["head 200", "trailers"]);
});

/** Responses that end their stream alone. */
const MALFORMED: readonly (readonly [name: string, frames: Uint8Array, log: readonly string[]])[] =
  [
    ["an interim response that ends", headers(1, [[":status", "100"]], { endStream: true }), []],
    ["no :status", headers(1, [["x", "1"]]), []],
    ["DATA before headers", data(1, pattern(5)), []],
    [
      "trailers without END_STREAM",
      join([headers(1, OK), headers(1, [["x", "1"]])]),
      ["head 200"],
    ],
    [
      "a second head",
      join([headers(1, OK), headers(1, OK, { endStream: true })]),
      ["head 200"],
    ],
    [
      "a body above content-length",
      join([headers(1, [...OK, ["content-length", "1"]]), data(1, pattern(2))]),
      ["head 200"],
    ],
    [
      "a header list above the limit",
      headers(1, [...OK, ...Array.from({ length: 128 }, () => ["a", ""] as const)]),
      [],
    ],
  ];

for (const [name, frames, log] of MALFORMED) {
  Deno.test(`A response with ${name} is reset; the connection lives on`, async () => {
    await using rig = await startClient();
    const { recorder } = rig.open();
    await rig.peer.expectHeaders(1);
    await rig.peer.send(frames);
    await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
    await rig.peer.roundTrip();
    assert.deepEqual(recorder.log, [...log, "closed reset local 1"]);
  });
}

/** What only a rogue server does. */
const ROGUE: readonly (readonly [name: string, frames: Uint8Array, code: number])[] = [
  ["HEADERS on an odd stream that we have not opened", headers(9, OK), CODE.PROTOCOL_ERROR],
  ["HEADERS on an even stream", headers(2, OK), CODE.PROTOCOL_ERROR],
  ["DATA on a stream that we have not opened", data(9), CODE.PROTOCOL_ERROR],
  ["RST_STREAM on a stream that we have not opened", rstStream(9), CODE.PROTOCOL_ERROR],
  [
    "PUSH_PROMISE",
    frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, 1, Uint8Array.of(0, 0, 0, 2)),
    CODE.PROTOCOL_ERROR,
  ],
  [
    "HEADERS on a stream that has ended",
    join([headers(1, OK, { endStream: true }), headers(1, OK)]),
    CODE.STREAM_CLOSED,
  ],
];

for (const [name, frames, code] of ROGUE) {
  Deno.test(`A server that sends ${name} is left`, async () => {
    await using rig = await startClient();
    const { recorder } = rig.open({ endStream: true });
    await rig.peer.expectHeaders(1);
    await rig.peer.send(frames);
    await rig.expectFailure(code);
    assert.match(recorder.log.at(-1) ?? "", /^closed/);
  });
}

Deno.test("A reset by the server is told with its code", async () => {
  await using rig = await startClient();
  const { recorder } = rig.open();
  await rig.peer.expectHeaders(1);
  await rig.peer.send(rstStream(1, CODE.REFUSED_STREAM));
  assert.deepEqual(await recorder.waitForClose(), {
    kind: "reset",
    origin: "remote",
    code: CODE.REFUSED_STREAM,
  });
});

Deno.test("Trailers that come long after our reset are dropped; the table stays in step", async () => {
  await using rig = await startClient();
  const { stream } = rig.open();
  await rig.peer.expectHeaders(1);
  stream.reset(CODE.CANCEL);
  for (let count = 0; count < 300; count++) rig.open().stream.reset(CODE.CANCEL);
  await rig.peer.roundTrip();
  await rig.peer.send(headers(1, OK, { endStream: true }));
  await rig.peer.roundTrip();
});

Deno.test("canOpen follows the server's limit, and capacity() says when it may have changed", async () => {
  let told = 0;
  await using rig = await startClient({
    settings: [[SETTING.MAX_CONCURRENT_STREAMS, 2]],
    events: { capacity: () => void told++ },
  });
  assert.equal(rig.connection.canOpen, true);
  rig.open();
  const { stream } = rig.open();
  assert.equal(rig.connection.canOpen, false);
  const before = told;
  stream.reset(CODE.CANCEL);
  assert.equal(told, before + 1);
  assert.equal(rig.connection.canOpen, true);
  await rig.peer.send(settings([[SETTING.MAX_CONCURRENT_STREAMS, 1]]));
  await rig.peer.roundTrip();
  assert.equal(told, before + 2);
  assert.equal(rig.connection.canOpen, false);
});

Deno.test("A client opens nothing before the server's SETTINGS", async () => {
  await using rig = await startClient({ settings: null });
  assert.equal(rig.connection.isReady, false);
  assert.equal(rig.connection.canOpen, false);
});

Deno.test("What is released and written after the end of a stream goes nowhere", async () => {
  await using rig = await startServer();
  await rig.peer.send(post(1), data(1, pattern(10)), rstStream(1));
  await rig.peer.roundTrip();
  const stream = rig.stream(1);
  stream.sendHeaders(OK_FIELDS);
  stream.output.append(pattern(10));
  assert.equal(stream.flush(), true);
  stream.end();
  stream.reset(CODE.CANCEL);
  stream.release(10, { drained: true });
  await rig.peer.roundTrip();
  assert.deepEqual(rig.peer.frames.filter(({ streamId }) => streamId === 1), []);
});

Deno.test("Host stands in for :authority, and POST is no different from GET", async () => {
  let authority = "";
  await using rig = await startServer({ onRequest: (_, head) => authority = head.authority });
  await rig.peer.send(
    headers(1, [...POST.filter(([name]) => name !== ":authority"), ["host", "a:1"]]),
  );
  await rig.peer.roundTrip();
  assert.equal(authority, "a:1");
});
