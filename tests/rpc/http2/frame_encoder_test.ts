import { strict as assert } from "node:assert";
import { ByteBuffer } from "../../../rpc/http2/byte_buffer.ts";
import {
  encodeFrameHeader,
  encodeGoAway,
  encodeHeaders,
  encodePing,
  encodeReset,
  encodeSettings,
  encodeSettingsAck,
  encodeWindowUpdate,
} from "../../../rpc/http2/frame_encoder.ts";
import {
  concat,
  continuation,
  frameHeader,
  goaway,
  headers,
  ping,
  pingAck,
  rstStream,
  settings,
  settingsAck,
  windowUpdate,
} from "../../support/wire.ts";
import { pattern } from "./rig.ts";

const OPAQUE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 255);

/** Each against octets that were put together without the encoder. */
const FRAMES: readonly (readonly [
  name: string,
  encode: (out: ByteBuffer) => void,
  expected: Uint8Array,
])[] = [
  [
    "a frame header with the largest values",
    (out) =>
      encodeFrameHeader(out, { length: 0xff_ffff, type: 9, flags: 0xff, streamId: 0x7fff_ffff }),
    frameHeader(0xff_ffff, 9, 0xff, 0x7fff_ffff),
  ],
  [
    "SETTINGS",
    (out) => encodeSettings(out, [{ id: 4, value: 0x7fff_ffff }, { id: 0xf00d, value: 1 }]),
    settings([[4, 0x7fff_ffff], [0xf00d, 1]]),
  ],
  ["SETTINGS without entries", (out) => encodeSettings(out, []), settings()],
  ["the acknowledgement of SETTINGS", encodeSettingsAck, settingsAck()],
  ["PING", (out) => encodePing(out, OPAQUE, { ack: false }), ping(OPAQUE)],
  ["the answer to PING", (out) => encodePing(out, OPAQUE, { ack: true }), pingAck(OPAQUE)],
  [
    "GOAWAY",
    (out) => encodeGoAway(out, 0x7fff_ffff, { code: 11, debug: "zu viel ☺" }),
    goaway(0x7fff_ffff, 11, "zu viel ☺"),
  ],
  ["GOAWAY without text", (out) => encodeGoAway(out, 5, { code: 0 }), goaway(5, 0)],
  ["RST_STREAM", (out) => encodeReset(out, 3, 0xffff_ffff), rstStream(3, 0xffff_ffff)],
  ["WINDOW_UPDATE", (out) => encodeWindowUpdate(out, 0, 0x7fff_ffff), windowUpdate(0, 0x7fff_ffff)],
];

for (const [name, encode, expected] of FRAMES) {
  Deno.test(`The frame encoder writes ${name}`, () => {
    const out = new ByteBuffer(1);
    out.appendByte(0xee);
    encode(out);
    assert.deepEqual([...out.view()], [0xee, ...expected]);
  });
}

/** Block sizes around a peer's limit of 100, and the frames that they take. */
const BLOCKS: readonly (readonly [octets: number, pieces: readonly number[]])[] = [
  [0, [0]],
  [99, [99]],
  [100, [100]],
  [101, [100, 1]],
  [200, [100, 100]],
  [250, [100, 100, 50]],
];

for (const [octets, pieces] of BLOCKS) {
  for (const endStream of [false, true]) {
    const frames = `${pieces.length} frame(s)${endStream ? " with END_STREAM on the first" : ""}`;
    Deno.test(`encodeHeaders() cuts a block of ${octets} octets into ${frames}`, () => {
      const block = pattern(octets);
      const out = new ByteBuffer(8);
      out.appendByte(0xee);
      encodeHeaders(out, 7, {
        endStream,
        maxFrameOctets: 100,
        encodeBlock: (buffer) => buffer.append(block),
      });
      let at = 0;
      const expected = pieces.map((length, index) => {
        const piece = block.subarray(at, at += length);
        const endHeaders = index === pieces.length - 1;
        return index === 0
          ? headers(7, piece, { endStream, endHeaders })
          : continuation(7, piece, endHeaders);
      });
      assert.deepEqual([...out.view()], [0xee, ...concat(expected)]);
    });
  }
}
