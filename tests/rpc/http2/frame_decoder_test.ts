import { strict as assert } from "node:assert";
import { FrameDecoder } from "../../../rpc/http2/frame_decoder.ts";
import { createRandom, printSeed } from "../../support/random.ts";
import {
  CODE,
  concat,
  data,
  FLAG,
  FRAME,
  frame,
  frameHeader,
  grpcRequest,
  headers,
  ping,
  PREFACE,
  rstStream,
  settings,
  windowUpdate,
} from "../../support/wire.ts";
import { pattern } from "./rig.ts";

interface Decoded {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: number[];
}

/** Pushes the chunks through a buffer that is overwritten, as the connection's is. */
function decode(decoder: FrameDecoder, chunks: readonly Uint8Array[]): Decoded[] {
  const frames: Decoded[] = [];
  for (const chunk of chunks) {
    const reused = chunk.slice();
    decoder.push(reused);
    while (decoder.next()) {
      const { type, flags, streamId } = decoder;
      frames.push({ type, flags, streamId, payload: [...decoder.payload] });
    }
    reused.fill(0xaa);
  }
  return frames;
}

function createDecoder(expectPreface = true, maxFrameOctets = 16_384): FrameDecoder {
  return new FrameDecoder({ maxFrameOctets, expectPreface });
}

const WIRE = concat([
  PREFACE,
  settings([[3, 100]]),
  headers(1, grpcRequest("/a.B/C")),
  data(1, pattern(300), { padding: 3 }),
  data(1, new Uint8Array(0), { endStream: true }),
  ping(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)),
  windowUpdate(0, 0x7fff_ffff),
  rstStream(0x7fff_fffd, CODE.CANCEL),
  frame(0xee, 0xff, 5, Uint8Array.of(9)),
]);

const FRAMES = decode(createDecoder(), [WIRE]);

Deno.test("FrameDecoder reads frames that arrive whole", () => {
  assert.deepEqual(
    FRAMES.map(({ type, flags, streamId, payload }) => [type, flags, streamId, payload.length]),
    [
      [FRAME.SETTINGS, 0, 0, 6],
      [FRAME.HEADERS, FLAG.END_HEADERS, 1, headers(1, grpcRequest("/a.B/C")).length - 9],
      [FRAME.DATA, FLAG.PADDED, 1, 304],
      [FRAME.DATA, FLAG.END_STREAM, 1, 0],
      [FRAME.PING, 0, 0, 8],
      [FRAME.WINDOW_UPDATE, 0, 0, 4],
      [FRAME.RST_STREAM, 0, 0x7fff_fffd, 4],
      [0xee, 0xff, 5, 1],
    ],
  );
});

Deno.test("FrameDecoder reads frames byte by byte", () => {
  const chunks = Array.from(WIRE, (octet) => Uint8Array.of(octet));
  assert.deepEqual(decode(createDecoder(), chunks), FRAMES);
});

Deno.test("FrameDecoder reads frames that are split anywhere", () => {
  for (let at = 0; at <= WIRE.length; at++) {
    const chunks = [WIRE.subarray(0, at), WIRE.subarray(at)];
    assert.deepEqual(decode(createDecoder(), chunks), FRAMES, `split at ${at}`);
  }
});

Deno.test("FrameDecoder reads random frames in random chunks", () => {
  const random = createRandom(printSeed());
  for (let round = 0; round < 200; round++) {
    const sent = Array.from({ length: 1 + random(20) }, () => ({
      type: random(256),
      flags: random(256),
      streamId: random(2 ** 31),
      payload: Array.from({ length: random(3) === 0 ? 0 : random(600) }, () => random(256)),
    }));
    const wire = concat(
      sent.map(({ type, flags, streamId, payload }) =>
        frame(type, flags, streamId, Uint8Array.from(payload))
      ),
    );
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < wire.length;) {
      const end = at + 1 + random(random(2) === 0 ? 12 : 900);
      chunks.push(wire.subarray(at, end));
      at = end;
    }
    assert.deepEqual(decode(createDecoder(false), chunks), sent);
  }
});

Deno.test("FrameDecoder throws nothing but its own errors at random octets", () => {
  const random = createRandom(printSeed());
  for (let round = 0; round < 500; round++) {
    const decoder = createDecoder(random(2) === 0);
    const chunk = Uint8Array.from({ length: random(200) }, () => random(256));
    try {
      decode(decoder, [chunk]);
    } catch (error) {
      assert.ok(error instanceof Error);
      assert.equal(error.name, "Http2Error");
    }
  }
});

Deno.test("FrameDecoder ignores the reserved bit of a stream id", () => {
  const wire = frame(FRAME.DATA, 0, 1);
  wire[5] |= 0x80;
  assert.equal(decode(createDecoder(false), [wire])[0].streamId, 1);
});

Deno.test("FrameDecoder hands out a whole frame without a copy", () => {
  const decoder = createDecoder(false);
  const chunk = data(1, pattern(100));
  decoder.push(chunk);
  assert.ok(decoder.next());
  assert.equal(decoder.payload.buffer, chunk.buffer);
});

Deno.test("FrameDecoder holds memory for what has come, not for what is announced", () => {
  const decoder = createDecoder(false, 0xff_ffff);
  const allocated = countAllocations(() => {
    decoder.push(frameHeader(0xff_ffff, FRAME.DATA, 0, 1));
    assert.equal(decoder.next(), false);
    decoder.push(new Uint8Array(100));
    assert.equal(decoder.next(), false);
  });
  assert.ok(allocated < 1000, `${allocated} octets were allocated`);
});

/** Octets of the typed arrays that `run` makes. */
function countAllocations(run: () => void): number {
  const RealArray = globalThis.Uint8Array;
  let octets = 0;
  globalThis.Uint8Array = new Proxy(RealArray, {
    construct(target, parameters, newTarget) {
      if (typeof parameters[0] === "number") octets += parameters[0];
      return Reflect.construct(target, parameters, newTarget);
    },
  });
  try {
    run();
  } finally {
    globalThis.Uint8Array = RealArray;
  }
  return octets;
}

Deno.test("FrameDecoder refuses a frame above the limit as soon as its header is there", () => {
  for (const cut of [9, 5]) {
    const decoder = createDecoder(false, 16_384);
    const header = frameHeader(16_385, FRAME.DATA, 0, 1);
    assert.throws(() => decode(decoder, [header.subarray(0, cut), header.subarray(cut)]), {
      codeName: "FRAME_SIZE_ERROR",
      scope: "connection",
      message: "Cannot take a frame of 16385 octets: at most 16384 are allowed",
    });
  }
  assert.deepEqual(decode(createDecoder(false, 16_384), [data(1, pattern(16_384))]).length, 1);
});

const WRONG_PREFACES: readonly (readonly [name: string, start: Uint8Array, message: RegExp])[] = [
  ["a TLS hello", Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00), /speaks TLS, this port does not$/],
  ["an HTTP/1.1 GET", new TextEncoder().encode("GET / HTTP/1.1\r\n"), /speaks HTTP\/1\.1$/],
  ["an HTTP/1.1 POST", new TextEncoder().encode("POST /a HTTP/1.1\r\n"), /speaks HTTP\/1\.1$/],
  ["an HTTP/1.1 answer", new TextEncoder().encode("HTTP/1.1 400 Bad"), /speaks HTTP\/1\.1$/],
  ["noise", Uint8Array.of(0, 1, 2), /does not speak HTTP\/2$/],
  ["SETTINGS alone", settings(), /does not speak HTTP\/2$/],
  ["a preface that goes wrong late", PREFACE.map((octet, at) => at === 23 ? 0 : octet), /HTTP\/2$/],
];

for (const [name, start, message] of WRONG_PREFACES) {
  Deno.test(`FrameDecoder refuses ${name} in place of the preface`, () => {
    assert.throws(() => decode(createDecoder(), [start]), {
      codeName: "PROTOCOL_ERROR",
      scope: "connection",
      message,
    });
  });
}
