import {
  concat,
  continuation,
  data,
  envelope,
  type Fields,
  FRAME,
  frame,
  frameHeader,
  grpcRequest,
  headers,
  headersLiteral,
  hpackInteger,
  ping,
  PREFACE,
  rstStream,
  SETTING,
  settings,
  uint32,
  windowUpdate,
} from "../support/wire.ts";
import type { Attack } from "./attack.ts";

const NOTHING = new Uint8Array(0);
/** Header blocks are put together once: the attacker is to spend little. */
const UNARY = requestBlock("Negate");
const STREAM = requestBlock("Square");
const MALFORMED = requestBlock("Negate", [["connection", "close"]]);
const CRUMBS = requestBlock("Negate", Array.from({ length: 120 }, () => ["a", ""] as const));
const GZIPPED = requestBlock("Negate", [["grpc-encoding", "gzip"]]);
const NO_BASE64 = requestBlock("Negate", [["x-bin", "!!!"]]);
const NO_METHOD = headersLiteral(grpcRequest("calculator.Calculator/Negate"));
/** Sends its metadata back with each message: 7 octets in, 8 KiB out. */
const AMPLIFIER = requestBlock("Inspect", [["color", "x".repeat(8000)]]);
const ENTRY = envelope(Uint8Array.of(8, 1));
/** The beginning of an envelope, and then of a message that does not end. */
const ONE_OCTET = Uint8Array.of(0);
const MAX_WINDOW = 0x7fff_ffff;

function requestBlock(method: string, extra: Fields = []): Uint8Array<ArrayBuffer> {
  return headersLiteral(grpcRequest(`/calculator.Calculator/${method}`, extra));
}

function repeat(count: number, build: (index: number) => Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(Array.from({ length: count }, (_, index) => build(index)));
}

/** The same octets each turn. */
function always(octets: Uint8Array): () => Uint8Array {
  return () => octets;
}

/** The id of the stream that is the `index`th of its turn, where each turn opens `perTurn`. */
function idAt(turn: number, perTurn: number, index: number): number {
  return 2 * (turn * perTurn + index) + 1;
}

/** `perTurn` streams a turn, each of which gets what `build` makes for its id. */
function streams(perTurn: number, build: (streamId: number) => Uint8Array) {
  return (turn: number) => repeat(perTurn, (index) => build(idAt(turn, perTurn, index)));
}

/** `opening` in the first turn, `octets` in each that follows. */
function after(opening: Uint8Array, octets: Uint8Array): (turn: number) => Uint8Array {
  return (turn) => turn === 0 ? opening : octets;
}

function openStreams(count: number, block: Uint8Array): Uint8Array<ArrayBuffer> {
  return repeat(count, (index) => headers(2 * index + 1, block));
}

/** A block whose first field enters the table with `octets` and is then named by one octet, `count` times. */
function bomb(octets: number, count: number): Uint8Array<ArrayBuffer> {
  return concat([
    STREAM,
    Uint8Array.of(0x40, 1, 0x78),
    hpackInteger(octets, 7),
    new Uint8Array(octets).fill(0x79),
    new Uint8Array(count).fill(0xbe),
  ]);
}

/** 20 MB of zeros as gzip, in an envelope. */
async function createGzipBomb(): Promise<Uint8Array<ArrayBuffer>> {
  const zeros = new Blob([new Uint8Array(20_000_000)]).stream();
  const packed = new Response(zeros.pipeThrough(new CompressionStream("gzip")));
  return envelope(new Uint8Array(await packed.arrayBuffer()), true);
}

const GZIP_BOMB = await createGzipBomb();
const BOMB = bomb(3900, 3);
const LARGE_BOMB = bomb(3900, 10_000);
const ZERO_WINDOW = [[SETTING.INITIAL_WINDOW_SIZE, 0]] as const;

/** The table of docs/attacks.md, each row on real sockets. */
export const ATTACKS: readonly Attack[] = [
  {
    name: "1.1 windows opened octet by octet",
    settings: [[SETTING.INITIAL_WINDOW_SIZE, 1]],
    send: after(
      concat([openStreams(50, AMPLIFIER), repeat(50, (index) => data(2 * index + 1, ENTRY))]),
      repeat(50, (index) => windowUpdate(2 * index + 1, 1)),
    ),
  },
  { name: "1.2 PINGs, replies unread", reads: false, send: always(repeat(200, () => ping())) },
  {
    name: "1.3 PRIORITY",
    send: always(
      repeat(100, (index) => frame(FRAME.PRIORITY, 0, 2 * index + 1, new Uint8Array(5))),
    ),
  },
  {
    name: "1.4 malformed requests",
    send: streams(50, (streamId) => headers(streamId, MALFORMED)),
  },
  {
    name: "1.5 SETTINGS, replies unread",
    reads: false,
    send: always(repeat(200, () => settings())),
  },
  {
    name: "1.6 fields without content",
    send: streams(10, (streamId) => headers(streamId, CRUMBS)),
  },
  {
    name: "1.7 answers unread behind a wide window",
    connections: 8,
    reads: false,
    settings: [[SETTING.INITIAL_WINDOW_SIZE, MAX_WINDOW]],
    send: after(
      concat([windowUpdate(0, MAX_WINDOW - 65_535), openStreams(100, AMPLIFIER)]),
      repeat(100, (index) => data(2 * index + 1, ENTRY)),
    ),
  },
  { name: "1.8 empty DATA", send: after(headers(1, STREAM), repeat(50, () => data(1))) },
  {
    name: "1.9 rapid reset",
    send: streams(20, (streamId) => concat([headers(streamId, STREAM), rstStream(streamId)])),
  },
  {
    name: "1.9 rapid reset, replies unread",
    reads: false,
    send: streams(20, (streamId) => concat([headers(streamId, STREAM), rstStream(streamId)])),
  },
  {
    name: "1.10 resets provoked by windows that overflow",
    send: streams(
      25,
      (streamId) => concat([headers(streamId, STREAM), windowUpdate(streamId, MAX_WINDOW)]),
    ),
  },
  {
    name: "1.10 the same, replies unread",
    reads: false,
    send: streams(
      25,
      (streamId) => concat([headers(streamId, STREAM), windowUpdate(streamId, MAX_WINDOW)]),
    ),
  },
  {
    name: "1.11 CONTINUATION without end",
    send: after(
      headers(1, UNARY, { endHeaders: false }),
      repeat(4, () => continuation(1, NOTHING, false)),
    ),
  },
  {
    name: "1.12 header bombs, nothing can be sent",
    settings: ZERO_WINDOW,
    send: streams(10, (streamId) => headers(streamId, BOMB)),
  },
  {
    name: "1.12 header bombs above the limit",
    send: streams(1, (streamId) => headers(streamId, LARGE_BOMB)),
  },
  {
    name: "1.13 DATA of one octet",
    send: after(
      headers(1, STREAM),
      repeat(1000, (index) => data(1, ENTRY.subarray(index % 7, index % 7 + 1))),
    ),
  },
  {
    name: "1.13 the same, in a message that nobody reads",
    turnsPerConnection: 60,
    send: after(
      openStreams(10, UNARY),
      repeat(
        1000,
        (index) => data(2 * (index % 10) + 1, ONE_OCTET),
      ),
    ),
  },
  {
    name: "1.14 windows of 0 on all streams",
    connections: 8,
    settings: ZERO_WINDOW,
    send: after(openStreams(100, AMPLIFIER), repeat(100, (index) => data(2 * index + 1, ENTRY))),
  },
  {
    name: "1.15 connections that say nothing",
    connections: 500,
    turns: 2,
    isSilent: true,
    send: always(NOTHING),
  },
  {
    name: "1.15 connections that send half a frame",
    connections: 500,
    turns: 2,
    send: after(
      concat([headers(1, STREAM), frameHeader(16_384, FRAME.DATA, 0, 1)]),
      new Uint8Array(100),
    ),
  },
  {
    name: "1.15 half a preface",
    connections: 500,
    turns: 2,
    isSilent: true,
    send: after(PREFACE.subarray(0, 12), NOTHING),
  },
  {
    name: "1.16 more streams than are allowed",
    send: streams(50, (streamId) => headers(streamId, STREAM)),
  },
  {
    name: "1.17 prefixes of 4 GiB",
    send: streams(20, (streamId) =>
      concat([
        headers(streamId, UNARY),
        data(streamId, concat([Uint8Array.of(0), uint32(0xffff_ffff)])),
      ])),
  },
  {
    name: "1.17 prefixes just below the limit",
    turnsPerConnection: 10,
    send: streams(20, (streamId) =>
      concat([
        headers(streamId, UNARY),
        data(streamId, concat([Uint8Array.of(0), uint32(4 * 1024 * 1024), new Uint8Array(100)])),
      ])),
  },
  {
    name: "1.18 gzip bombs",
    connections: 1,
    turns: 30,
    send: streams(1, (streamId) =>
      concat([
        headers(streamId, GZIPPED),
        data(streamId, GZIP_BOMB.subarray(0, 16_384), { endStream: GZIP_BOMB.length <= 16_384 }),
        data(streamId, GZIP_BOMB.subarray(16_384), { endStream: true }),
      ])),
  },
  {
    name: "1.19 paths of no method",
    send: streams(20, (streamId) => headers(streamId, NO_METHOD)),
  },
  {
    name: "1.20 metadata that is no base64",
    send: streams(
      20,
      (streamId) => headers(streamId, NO_BASE64, { endStream: true }),
    ),
  },
  {
    name: "1.21 connections cut within a call",
    turnsPerConnection: 1,
    send: always(concat([openStreams(10, STREAM), data(1, ENTRY), data(3, ENTRY.subarray(0, 3))])),
  },
  {
    name: "RST_STREAM on streams that ended",
    send: (turn) =>
      turn === 0
        ? concat([headers(1, UNARY), data(1, ENTRY, { endStream: true })])
        : repeat(100, () => rstStream(1)),
  },
];
