import { concat, FRAME_HEADER_OCTETS } from "../support/wire.ts";
import type { Dice } from "./dice.ts";

/** Changes octets in one or a few places: bits, numbers, lengths, pieces twice or not at all. */
export function mutateOctets(bytes: Uint8Array, dice: Dice): Uint8Array<ArrayBuffer> {
  let mutated = bytes.slice();
  for (let times = 1 + dice.below(3); times > 0; times--) {
    mutated = dice.pick(OCTET_MUTATIONS)(mutated, dice);
  }
  return mutated;
}

type OctetMutation = (bytes: Uint8Array<ArrayBuffer>, dice: Dice) => Uint8Array<ArrayBuffer>;

const OCTET_MUTATIONS: readonly OctetMutation[] = [
  (bytes, dice) => {
    if (bytes.length > 0) bytes[dice.below(bytes.length)] ^= 1 << dice.below(8);
    return bytes;
  },
  (bytes, dice) => {
    if (bytes.length > 0) bytes[dice.below(bytes.length)] = dice.pick([0, 1, 0x7f, 0x80, 0xff]);
    return bytes;
  },
  (bytes, dice) => {
    if (bytes.length >= 4) {
      new DataView(bytes.buffer).setUint32(dice.below(bytes.length - 3), dice.uint32());
    }
    return bytes;
  },
  (bytes, dice) => bytes.slice(0, dice.below(bytes.length + 1)),
  (bytes, dice) => splice(bytes, dice.below(bytes.length + 1), dice.octets(8)),
  (bytes, dice) => {
    const at = dice.below(bytes.length + 1);
    return splice(bytes, dice.below(bytes.length + 1), bytes.subarray(at, at + dice.below(16)));
  },
  (bytes, dice) => {
    const at = dice.below(bytes.length + 1);
    return concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.below(8))]);
  },
];

function splice(bytes: Uint8Array, at: number, piece: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

/** Changes a list of frames: a frame inside, its header, its place. Most changes keep it a list of frames. */
export function mutateFrames(frames: readonly Uint8Array[], dice: Dice): Uint8Array[] {
  const mutated = [...frames];
  for (let times = 1 + dice.below(3); times > 0 && mutated.length > 0; times--) {
    dice.pick(FRAME_MUTATIONS)(mutated, dice.below(mutated.length), dice);
  }
  return mutated;
}

type FrameMutation = (frames: Uint8Array[], at: number, dice: Dice) => void;

const FRAME_MUTATIONS: readonly FrameMutation[] = [
  changePayload,
  changePayload,
  changePayload,
  changeHeader,
  changeHeader,
  (frames, at) => frames.splice(at, 1),
  (frames, at) => frames.splice(at, 0, frames[at]),
  (frames, at, dice) => {
    const [moved] = frames.splice(at, 1);
    frames.splice(dice.below(frames.length + 1), 0, moved);
  },
  (frames, at, dice) => frames.splice(at, 0, buildFrame(dice.octets(24), dice)),
  // From here on nothing may be at a frame's boundary any more.
  (frames, at, dice) => frames[at] = mutateOctets(frames[at], dice),
];

/** Another payload under a header that says how long it is. */
function changePayload(frames: Uint8Array[], at: number, dice: Dice): void {
  const frame = frames[at];
  if (frame.length < FRAME_HEADER_OCTETS) return;
  const payload = mutateOctets(frame.subarray(FRAME_HEADER_OCTETS), dice);
  const header = frame.slice(0, FRAME_HEADER_OCTETS);
  writeLength(header, payload.length);
  frames[at] = concat([header, payload]);
}

function changeHeader(frames: Uint8Array[], at: number, dice: Dice): void {
  if (frames[at].length < FRAME_HEADER_OCTETS) return;
  const frame = frames[at].slice();
  const view = new DataView(frame.buffer);
  switch (dice.below(5)) {
    case 0:
      frame[3] = dice.below(12);
      break;
    case 1:
      frame[4] ^= 1 << dice.below(8);
      break;
    case 2:
      frame[4] = dice.below(256);
      break;
    case 3:
      view.setUint32(5, dice.chance(70) ? dice.below(12) : dice.uint32());
      break;
    case 4:
      writeLength(frame, dice.uint32());
      break;
  }
  frames[at] = frame;
}

/** A frame of any type. */
function buildFrame(payload: Uint8Array, dice: Dice): Uint8Array {
  const header = new Uint8Array(FRAME_HEADER_OCTETS);
  writeLength(header, payload.length);
  header[3] = dice.below(12);
  header[4] = dice.chance(50) ? 0 : dice.below(256);
  new DataView(header.buffer).setUint32(5, dice.below(8));
  return concat([header, payload]);
}

function writeLength(header: Uint8Array, length: number): void {
  header[0] = length >>> 16;
  header[1] = length >>> 8;
  header[2] = length;
}
