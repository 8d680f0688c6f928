import { strict as assert } from "node:assert";
import { ByteBuffer, Http2Error } from "../../rpc/http2/mod.ts";
import { FrameDecoder } from "../../rpc/http2/frame_decoder.ts";
import {
  encodeFrameHeader,
  encodeGoAway,
  encodeHeaders,
  encodePing,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
} from "../../rpc/http2/frame_encoder.ts";
import { decodeSettings } from "../../rpc/http2/settings.ts";
import { concat, FLAG, FRAME, PREFACE } from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import type { FuzzLayer, Tally } from "./layer.ts";

const MAX_FRAME_OCTETS = 16_384;

interface PlainFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
}

/** Frames through our encoder and decoder, in any pieces; and octets that are none. */
export function createFrameLayer(share: number): FuzzLayer {
  return {
    name: "frames",
    share,
    run: (dice, tally) => dice.chance(75) ? roundTrip(dice, tally) : readAnything(dice, tally),
  };
}

function roundTrip(dice: Dice, tally: Tally): void {
  const out = new ByteBuffer();
  const expectPreface = dice.chance(50);
  if (expectPreface) out.append(PREFACE);
  const expected = Array.from({ length: 1 + dice.below(6) }, () => appendFrame(dice, out)).flat();
  const decoder = new FrameDecoder({ maxFrameOctets: MAX_FRAME_OCTETS, expectPreface });
  assert.deepEqual(decode(decoder, dice.cut(out.view())), expected);
  assert.ok(decoder.atBoundary);
  tally.add("frames: round trip");
}

/** Encodes one frame, of a header block maybe several, and says what is to come out. */
function appendFrame(dice: Dice, out: ByteBuffer): PlainFrame[] {
  const streamId = 1 + dice.below(0x7fff_ffff);
  const number = dice.uint32();
  switch (dice.below(7)) {
    case 0: {
      const entries = [{ id: dice.below(0x1_0000), value: number }];
      encodeSettings(out, entries);
      const payload = out.view().slice(-6);
      if (entries[0].id > 6) assert.deepEqual(decodeSettings(payload, 1), entries);
      return [{ type: FRAME.SETTINGS, flags: 0, streamId: 0, payload }];
    }
    case 1: {
      const payload = Uint8Array.from({ length: 8 }, () => dice.below(256));
      const ack = dice.chance(50);
      encodePing(out, payload, { ack });
      return [{ type: FRAME.PING, flags: ack ? FLAG.ACK : 0, streamId: 0, payload }];
    }
    case 2:
      encodeGoAway(out, streamId, { code: number, debug: "bye" });
      return [{
        type: FRAME.GOAWAY,
        flags: 0,
        streamId: 0,
        payload: concat([toOctets(streamId), toOctets(number), new TextEncoder().encode("bye")]),
      }];
    case 3:
      encodeReset(out, streamId, number);
      return [{ type: FRAME.RST_STREAM, flags: 0, streamId, payload: toOctets(number) }];
    case 4:
      encodeWindowUpdate(out, streamId, number);
      return [{ type: FRAME.WINDOW_UPDATE, flags: 0, streamId, payload: toOctets(number) }];
    case 5:
      return appendHeaders(dice, out, streamId);
    default: {
      const payload = dice.octets(dice.chance(5) ? MAX_FRAME_OCTETS : 40);
      const flags = dice.below(256);
      const type = dice.below(256);
      encodeFrameHeader(out, { length: payload.length, type, flags, streamId });
      out.append(payload);
      return [{ type, flags, streamId, payload }];
    }
  }
}

function appendHeaders(dice: Dice, out: ByteBuffer, streamId: number): PlainFrame[] {
  const block = dice.octets(60);
  const maxFrameOctets = dice.pick([7, 20, 100]);
  const endStream = dice.chance(50);
  const encodeBlock = (buffer: ByteBuffer) => void buffer.append(block);
  encodeHeaders(out, streamId, { endStream, maxFrameOctets, encodeBlock });
  const count = Math.max(1, Math.ceil(block.length / maxFrameOctets));
  return Array.from({ length: count }, (_, index) => ({
    type: index === 0 ? FRAME.HEADERS : FRAME.CONTINUATION,
    flags: (index === 0 && endStream ? FLAG.END_STREAM : 0) |
      (index === count - 1 ? FLAG.END_HEADERS : 0),
    streamId,
    payload: block.subarray(index * maxFrameOctets, (index + 1) * maxFrameOctets),
  }));
}

/** Decodes into `frames`, so that those before a refusal are seen. */
function decode(
  decoder: FrameDecoder,
  pieces: readonly Uint8Array[],
  frames: PlainFrame[] = [],
): PlainFrame[] {
  // One buffer for all, as a socket has it: a payload must not outlive its chunk unnoticed.
  const buffer = new Uint8Array(Math.max(0, ...pieces.map((piece) => piece.length)));
  for (const piece of pieces) {
    buffer.set(piece);
    decoder.push(buffer.subarray(0, piece.length));
    while (decoder.next()) {
      const { type, flags, streamId, payload } = decoder;
      frames.push({ type, flags, streamId, payload: payload.slice() });
    }
  }
  return frames;
}

/** The same octets in other pieces are the same frames, or the same refusal after the same frames. */
function readAnything(dice: Dice, tally: Tally): void {
  const octets = concat(
    Array.from({ length: 1 + dice.below(4) }, () => {
      const payload = dice.octets(30);
      const length = dice.chance(80) ? payload.length : dice.uint32() % 0x100_0000;
      const header = new Uint8Array(9);
      new DataView(header.buffer).setUint32(0, length * 256 + dice.below(256));
      return concat([header, payload]);
    }),
  );
  const whole = tryDecode([octets]);
  assert.deepEqual(tryDecode(dice.cut(octets)), whole);
  tally.add(whole.error === undefined ? "frames: read" : `frames: ${whole.error}`);
}

function tryDecode(pieces: readonly Uint8Array[]) {
  const decoder = new FrameDecoder({ maxFrameOctets: MAX_FRAME_OCTETS, expectPreface: false });
  const frames: PlainFrame[] = [];
  try {
    decode(decoder, pieces, frames);
    return { frames, error: undefined };
  } catch (error) {
    assert.ok(error instanceof Http2Error, `${error}`);
    return { frames, error: error.codeName };
  }
}

function toOctets(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value);
  return octets;
}
