/** Attacks, as HARDENING section 1 numbers them, each in its basic form. */
import { strict as assert } from "node:assert";
import { createRandom, printSeed } from "../../support/random.ts";
import {
  CODE,
  concat,
  continuation,
  data,
  type Fields,
  FLAG,
  FRAME,
  frame,
  frameHeader,
  goaway,
  headers,
  headersLiteral,
  hpackInteger,
  ping,
  pingAck,
  rstStream,
  SETTING,
  settings,
  settingsAck,
  windowUpdate,
} from "../../support/wire.ts";
import {
  GET,
  get,
  OK,
  OK_FIELDS,
  pattern,
  POST,
  post,
  type Rig,
  startClient,
  startServer,
  until,
} from "./rig.ts";

const EMPTY = new Uint8Array(0);

function repeat(count: number, build: (index: number) => Uint8Array): Uint8Array {
  return concat(Array.from({ length: count }, (_, index) => build(index)));
}

/** The ids of a client's streams: 1, 3, 5, … */
function streamIdAt(index: number): number {
  return 2 * index + 1;
}

/** Waits until our reader has taken all that came, or stopped. */
async function untilQuiet(rig: Rig): Promise<void> {
  for (let quietTurns = 0, before = -1; quietTurns < 100; quietTurns++) {
    const unread = rig.peerSocket.unreadOctets;
    if (unread !== before) quietTurns = 0;
    before = unread;
    await Promise.resolve();
  }
}

/** Expects GOAWAY with ENHANCE_YOUR_CALM and this text. */
async function expectCalm(rig: Rig, debug: string): Promise<void> {
  const goAway = await rig.peer.expectGoAway(CODE.ENHANCE_YOUR_CALM);
  assert.equal(goAway.debug, debug);
  await rig.peer.expectClosed();
}

// 1.2 and 1.5: the peer asks for replies that it does not read.

const REPLY_FLOODS: readonly (readonly [name: string, one: Uint8Array, replyOctets: number])[] = [
  ["PINGs (1.2)", ping(), 17],
  ["SETTINGS (1.5)", settings(), 9],
];

for (const [name, one, replyOctets] of REPLY_FLOODS) {
  Deno.test(`A flood of ${name} whose replies are not read is not read either`, async () => {
    await using rig = await startServer();
    await rig.peer.roundTrip();
    rig.socket.stall();
    const { octetsWritten } = rig.socket;
    await rig.peer.send(repeat(9000, () => one));
    await untilQuiet(rig);
    assert.ok(rig.peerSocket.unreadOctets > 0, "the reader has stopped");
    assert.ok(rig.connection.sender.queuedReplies <= 100);
    assert.equal(rig.connection.state, "open");
    // What can wait are the replies of one write, and a hundred more.
    rig.clock.advance(21_000);
    await rig.done;
    assert.ok(rig.socket.octetsWritten - octetsWritten <= 200 * replyOctets);
  });

  Deno.test(`A flood of ${name} whose replies are read is answered in full`, async () => {
    await using rig = await startServer();
    await rig.peer.roundTrip();
    rig.socket.stall();
    await rig.peer.send(repeat(9000, () => one));
    await untilQuiet(rig);
    rig.socket.resume();
    await rig.peer.roundTrip();
    const acks = rig.peer.frames.filter(({ type, flags }) =>
      type === one[3] && (flags & FLAG.ACK) !== 0
    );
    assert.ok(acks.length >= 9000);
  });
}

Deno.test("A peer whose replies wait is not read, but its connection still ends when it hangs up", async () => {
  await using rig = await startServer();
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(repeat(1000, () => ping()));
  await untilQuiet(rig);
  rig.connection.close();
  await rig.done;
});

Deno.test("No frame is acted on after the connection failed while its reader waited", async () => {
  await using rig = await startServer({ limits: { maxQueuedReplies: 1 } });
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(ping(), get(1), get(3));
  await untilQuiet(rig);
  assert.equal(rig.requests.size, 0);
  rig.connection.shutdown();
  rig.clock.advance(21_000);
  rig.socket.resume();
  await rig.done;
  assert.equal(rig.requests.size, 0);
});

Deno.test("Heads that the peer does not read count as replies", async () => {
  await using rig = await startServer({
    limits: { maxConcurrentStreams: 1000 },
    onRequest: ({ stream }) => stream?.sendHeaders(OK_FIELDS, { endStream: true }),
  });
  await rig.peer.roundTrip();
  rig.socket.stall();
  await rig.peer.send(repeat(900, (index) => get(streamIdAt(index))));
  await untilQuiet(rig);
  assert.ok(rig.requests.size <= 202, `${rig.requests.size} requests were taken`);
  rig.socket.resume();
});

// 1.9, 1.4 and 1.10: resets.

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

// 1.11 and 1.12: header blocks.

Deno.test("CONTINUATION without end (1.11) ends the connection", async () => {
  for (const fragment of [EMPTY, headersLiteral([["x", "y"]])]) {
    await using rig = await startServer();
    await rig.peer.send(
      headers(1, headersLiteral(GET), { endHeaders: false }),
      repeat(9, () => continuation(1, fragment, false)),
    );
    await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
    assert.equal(rig.requests.size, 0);
  }
});

Deno.test("A header block above 64 KiB (1.11) ends the connection", async () => {
  await using rig = await startServer();
  const piece = new Uint8Array(16_384);
  await rig.peer.send(
    headers(1, piece, { endHeaders: false }),
    repeat(4, () => continuation(1, piece, false)),
  );
  await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
});

Deno.test("A connection may be cut within a header block (CVE-2024-27983)", async () => {
  await using rig = await startServer();
  await rig.peer.send(headers(1, headersLiteral(GET).subarray(0, 9), { endHeaders: false }));
  await untilQuiet(rig);
  rig.socket.cut();
  await rig.done;
  assert.equal(rig.requests.size, 0);
});

for (const [name, intruder] of [["PING", ping()], ["HEADERS", get(3)]] as const) {
  Deno.test(`${name} within a header block ends the connection`, async () => {
    await using rig = await startServer();
    await rig.peer.send(headers(1, GET, { endHeaders: false }), intruder);
    await rig.expectFailure(CODE.PROTOCOL_ERROR);
  });
}

/** A literal that enters the table, as `x-bomb: xxx…` of `octets`. */
function bombFuse(octets: number): Uint8Array {
  const name = Uint8Array.from("x-bomb", (char) => char.charCodeAt(0));
  return concat([
    Uint8Array.of(0x40, name.length),
    name,
    hpackInteger(octets, 7),
    new Uint8Array(octets).fill(0x78),
  ]);
}

Deno.test("A header list that unpacks above the limit (1.12) is refused; the table stays in step", async () => {
  await using rig = await startServer();
  const block = concat([
    headersLiteral(GET),
    bombFuse(3900),
    Uint8Array.of(0xbe, 0xbe, 0xbe, 0xbe),
  ]);
  await rig.peer.send(headers(1, block, { endStream: true }));
  assert.equal((await rig.peer.expectHeaders(1)).get(":status"), "431");
  assert.equal(rig.requests.size, 0);
  // The bomb's entry is in the table, so that its index means what the peer thinks.
  await rig.peer.send(headers(3, concat([headersLiteral(GET), Uint8Array.of(0xbe)])));
  await rig.peer.roundTrip();
  assert.ok(rig.requests.has(3));
});

Deno.test("A header bomb (1.12), four times above the limit, ends the connection", async () => {
  await using rig = await startServer();
  const block = concat([headersLiteral(GET), bombFuse(3900), new Uint8Array(20).fill(0xbe)]);
  await rig.peer.send(headers(1, block, { endStream: true }));
  await rig.expectFailure(CODE.ENHANCE_YOUR_CALM);
});

Deno.test("More than 128 fields (1.6) are refused, however short", async () => {
  await using rig = await startServer();
  const many = Array.from({ length: 128 }, () => ["a", ""] as const);
  await rig.peer.send(headers(1, [...GET, ...many], { endStream: true }));
  assert.equal((await rig.peer.expectHeaders(1)).get(":status"), "431");
});

Deno.test("Refused header lists count as resets", async () => {
  await using rig = await startServer({ limits: { resetsSent: { burst: 2, perSecond: 0 } } });
  const many: Fields = [...GET, ...Array.from({ length: 128 }, () => ["a", ""] as const)];
  await rig.peer.send(headers(1, many), headers(3, many), headers(5, many));
  await expectCalm(rig, "too_many_internal_resets");
});

Deno.test("Trailers above the limit end their stream", async () => {
  await using rig = await startServer();
  const many = Array.from({ length: 129 }, () => ["a", ""] as const);
  await rig.peer.send(post(1), headers(1, many, { endStream: true }));
  await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
  await rig.peer.roundTrip();
});

Deno.test("A header block that is no HPACK ends the connection", async () => {
  for (const block of [Uint8Array.of(0x80), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff)]) {
    await using rig = await startServer();
    await rig.peer.send(headers(1, block));
    await rig.expectFailure(CODE.COMPRESSION_ERROR);
  }
});

// 1.8, 1.3 and what else serves no purpose.

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

Deno.test("Windows of 0 (1.14) leave no more than the send buffer of each stream", async () => {
  await using rig = await startServer({ settings: [[SETTING.INITIAL_WINDOW_SIZE, 0]] });
  await rig.peer.send(repeat(100, (index) => get(streamIdAt(index))));
  await rig.peer.roundTrip();
  for (const streamId of rig.requests.keys()) {
    const stream = rig.stream(streamId);
    do stream.output.append(pattern(1024)); while (stream.flush());
    assert.equal(stream.output.pendingOctets, 65_536);
  }
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

// Ids (1.16), sizes, and first frames.

const ENDS: readonly (readonly [name: string, frames: Uint8Array, code: number])[] = [
  ["An even stream id", get(2), CODE.PROTOCOL_ERROR],
  ["A stream id that falls", concat([get(5), get(3)]), CODE.PROTOCOL_ERROR],
  ["HEADERS on stream 0", get(0), CODE.PROTOCOL_ERROR],
  ["DATA on stream 0", data(0), CODE.PROTOCOL_ERROR],
  ["RST_STREAM on stream 0", rstStream(0), CODE.PROTOCOL_ERROR],
  [
    "PRIORITY on stream 0",
    frame(FRAME.PRIORITY, 0, 0, Uint8Array.of(0, 0, 0, 1, 0)),
    CODE.PROTOCOL_ERROR,
  ],
  ["SETTINGS on a stream", frame(FRAME.SETTINGS, 0, 1), CODE.PROTOCOL_ERROR],
  ["PING on a stream", frame(FRAME.PING, 0, 1, new Uint8Array(8)), CODE.PROTOCOL_ERROR],
  ["GOAWAY on a stream", frame(FRAME.GOAWAY, 0, 1, new Uint8Array(8)), CODE.PROTOCOL_ERROR],
  ["CONTINUATION without HEADERS", continuation(1, EMPTY), CODE.PROTOCOL_ERROR],
  [
    "CONTINUATION of another stream",
    concat([headers(1, GET, { endHeaders: false }), continuation(3, EMPTY)]),
    CODE.PROTOCOL_ERROR,
  ],
  ["PUSH_PROMISE of a client", frame(FRAME.PUSH_PROMISE, 4, 1), CODE.PROTOCOL_ERROR],
  ["PING of 7 octets", frame(FRAME.PING, 0, 0, new Uint8Array(7)), CODE.FRAME_SIZE_ERROR],
  ["GOAWAY of 7 octets", frame(FRAME.GOAWAY, 0, 0, new Uint8Array(7)), CODE.FRAME_SIZE_ERROR],
  [
    "RST_STREAM of 5 octets",
    concat([get(1), frame(FRAME.RST_STREAM, 0, 1, new Uint8Array(5))]),
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "WINDOW_UPDATE of 3 octets",
    frame(FRAME.WINDOW_UPDATE, 0, 0, new Uint8Array(3)),
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "SETTINGS with ACK and entries",
    frame(FRAME.SETTINGS, FLAG.ACK, 0, new Uint8Array(6)),
    CODE.FRAME_SIZE_ERROR,
  ],
  ["SETTINGS of 5 octets", frame(FRAME.SETTINGS, 0, 0, new Uint8Array(5)), CODE.FRAME_SIZE_ERROR],
  [
    "HEADERS whose priority is cut",
    frame(FRAME.HEADERS, FLAG.PRIORITY | FLAG.END_HEADERS, 1, new Uint8Array(4)),
    CODE.FRAME_SIZE_ERROR,
  ],
  [
    "HEADERS that depend on themselves",
    frame(FRAME.HEADERS, FLAG.PRIORITY | FLAG.END_HEADERS, 1, Uint8Array.of(0, 0, 0, 1, 0)),
    CODE.PROTOCOL_ERROR,
  ],
  [
    "DATA whose padding fills it",
    concat([post(1), frame(FRAME.DATA, FLAG.PADDED, 1, Uint8Array.of(2, 0))]),
    CODE.PROTOCOL_ERROR,
  ],
  [
    "DATA with PADDED and nothing else",
    concat([post(1), frame(FRAME.DATA, FLAG.PADDED, 1)]),
    CODE.PROTOCOL_ERROR,
  ],
  [
    "HEADERS whose padding fills it",
    frame(FRAME.HEADERS, FLAG.PADDED | FLAG.END_HEADERS, 1, Uint8Array.of(1)),
    CODE.PROTOCOL_ERROR,
  ],
  ["A frame above the limit", frameHeader(16_385, FRAME.DATA, 0, 1), CODE.FRAME_SIZE_ERROR],
  ["A window opened by 0", windowUpdate(0, 0), CODE.PROTOCOL_ERROR],
];

for (const [name, frames, code] of ENDS) {
  Deno.test(`${name} ends the connection`, async () => {
    await using rig = await startServer();
    await rig.peer.send(frames);
    await rig.expectFailure(code);
  });
}

Deno.test("A first frame other than SETTINGS ends the connection", async () => {
  for (const first of [ping(), get(1), settingsAck(), windowUpdate(0, 1)]) {
    await using rig = await startServer({ settings: null });
    await rig.peer.send(
      concat([new TextEncoder().encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), first]),
    );
    await rig.expectFailure(CODE.PROTOCOL_ERROR);
  }
});

Deno.test("A client of HTTP/1.1 is told what it speaks to", async () => {
  await using rig = await startServer({ settings: null });
  await rig.peer.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n"));
  const { debug } = await rig.peer.expectGoAway(CODE.PROTOCOL_ERROR);
  assert.match(debug, /the peer speaks HTTP\/1\.1/);
  await rig.peer.expectClosed();
});

/** Requests that end their stream alone (RFC 9113 section 8.1.1). */
const MALFORMED: readonly (readonly [name: string, frames: Uint8Array])[] = [
  ["a connection field", headers(1, [...GET, ["connection", "close"]])],
  ["an empty field name", headers(1, [...GET, ["", "x"]])],
  [
    "content-length above 0 and no body",
    headers(1, [...POST, ["content-length", "1"]], { endStream: true }),
  ],
  [
    "a body above content-length",
    concat([headers(1, [...POST, ["content-length", "1"]]), data(1, pattern(2))]),
  ],
  [
    "a body below content-length",
    concat([
      headers(1, [...POST, ["content-length", "3"]]),
      data(1, pattern(2), { endStream: true }),
    ]),
  ],
  [
    "trailers before content-length is reached",
    concat([
      headers(1, [...POST, ["content-length", "3"]]),
      headers(1, [["x", "1"]], { endStream: true }),
    ]),
  ],
  ["trailers without END_STREAM", concat([post(1), headers(1, [["x", "1"]])])],
  [
    "pseudo-fields in trailers",
    concat([post(1), headers(1, [[":path", "/"]], { endStream: true })]),
  ],
];

for (const [name, frames] of MALFORMED) {
  Deno.test(`A request with ${name} is reset; the connection lives on`, async () => {
    await using rig = await startServer();
    await rig.peer.send(frames);
    await rig.peer.expectReset(1, CODE.PROTOCOL_ERROR);
    await rig.peer.send(get(3));
    await rig.peer.roundTrip();
    assert.ok(rig.requests.has(3));
    const first = rig.requests.get(1);
    if (first !== undefined) assert.deepEqual(first.log.at(-1), "closed reset local 1");
  });
}

Deno.test("Random frames never break more than their connection", async () => {
  const random = createRandom(printSeed());
  for (let round = 0; round < 60; round++) {
    const role = round % 2 === 0 ? "server" : "client";
    await using rig = role === "server"
      ? await startServer({ onRequest: ({ stream }) => stream?.sendHeaders(OK_FIELDS) })
      : await startClient();
    if (role === "client") rig.open();
    for (let count = 0; count < 40; count++) {
      if (!await rig.peer.trySend(randomFrame(random, role))) break;
    }
    await untilQuiet(rig);
  }
});

function randomFrame(random: (below: number) => number, role: string): Uint8Array {
  const streamId = random(8);
  const octets = () => Uint8Array.from({ length: random(20) }, () => random(256));
  const endStream = random(3) === 0;
  switch (random(8)) {
    case 0:
      return headers(streamId, role === "server" ? POST : OK, { endStream });
    case 1:
      return data(streamId, octets(), { endStream, padding: random(9) });
    case 2:
      return rstStream(streamId, random(16));
    case 3:
      return windowUpdate(streamId, random(1000));
    case 4:
      return settings([[random(8), random(70_000)]]);
    case 5:
      return goaway(random(9), random(14));
    case 6:
      return headers(streamId, octets(), { endStream, endHeaders: random(4) !== 0 });
    default:
      return frame(random(12), random(256), streamId, octets());
  }
}

Deno.test("A peer that vanishes at any moment leaves nothing behind", async () => {
  const scenarios: readonly ((rig: Rig) => Promise<void>)[] = [
    () => Promise.resolve(),
    (rig) => rig.peer.send(post(1)),
    (rig) => rig.peer.send(post(1), data(1, pattern(1000))),
    (rig) => rig.peer.send(post(1), data(1, pattern(100)).subarray(0, 50)),
    (rig) => rig.peer.send(goaway(0)),
  ];
  for (const scenario of scenarios) {
    for (const way of ["close", "cut"] as const) {
      await using rig = await startServer();
      await scenario(rig);
      await untilQuiet(rig);
      if (way === "close") await rig.peer.close();
      else rig.socket.cut();
      await rig.done;
      await until(() => [...rig.requests.values()].every(({ cause }) => cause !== undefined));
    }
  }
});
