/** Frames and messages that break RFC 9113. */
import { strict as assert } from "node:assert";
import {
  CODE,
  concat,
  continuation,
  data,
  FLAG,
  FRAME,
  frame,
  frameHeader,
  headers,
  ping,
  rstStream,
  settingsAck,
  windowUpdate,
} from "../../support/wire.ts";
import { EMPTY } from "./hostile_rig.ts";
import { GET, get, pattern, POST, post, startServer } from "./rig.ts";

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
