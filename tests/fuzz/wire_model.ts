import { gunzipSync } from "node:zlib";
import { concat, FLAG, FRAME, FRAME_HEADER_OCTETS, SETTING } from "../support/wire.ts";

/** What octets say, read as the RFC says and with nothing of our engine. */
export interface WireModel {
  /** The DATA of each stream up to its END_STREAM, less padding. */
  readonly bodies: ReadonlyMap<number, Uint8Array>;
  /** The highest stream id of HEADERS. */
  readonly lastStreamId: number;
  /** Whether the octets end after a whole frame. */
  readonly endsWhole: boolean;
  /** What the other end may send at most. */
  readonly allowance: Allowance;
}

/** Octets that SETTINGS and WINDOW_UPDATE let the other end send, if it has taken all of them. */
export class Allowance {
  maxFrameOctets = 16_384;
  connectionOctets = 65_535;
  #initialOctets: number | undefined;
  readonly #credits = new Map<number, number>();

  /** DATA that a stream may have had. */
  streamOctets(streamId: number): number {
    return (this.#initialOctets ?? 65_535) + (this.#credits.get(streamId) ?? 0);
  }

  takeSettings(payload: Uint8Array, isFirst: boolean): void {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    let initialOctets: number | undefined;
    for (let at = 0; at + 6 <= payload.length; at += 6) {
      const value = view.getUint32(at + 2);
      if (view.getUint16(at) === SETTING.INITIAL_WINDOW_SIZE) initialOctets = value;
      if (view.getUint16(at) !== SETTING.MAX_FRAME_SIZE) continue;
      this.maxFrameOctets = Math.max(this.maxFrameOctets, value);
    }
    // Streams come after the first SETTINGS; of later ones nobody knows when they were taken.
    const before = isFirst ? 0 : this.#initialOctets ?? 65_535;
    if (initialOctets !== undefined) this.#initialOctets = Math.max(before, initialOctets);
  }

  takeWindowUpdate(streamId: number, payload: Uint8Array): void {
    if (payload.length !== 4) return;
    const increment = new DataView(payload.buffer, payload.byteOffset).getUint32(0) & 0x7fff_ffff;
    if (streamId === 0) this.connectionOctets += increment;
    else this.#credits.set(streamId, (this.#credits.get(streamId) ?? 0) + increment);
  }
}

/** Reads frames that have no preface before them. */
export function readWire(bytes: Uint8Array): WireModel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pieces = new Map<number, Uint8Array[]>();
  const ended = new Set<number>();
  const allowance = new Allowance();
  let lastStreamId = 0;
  let at = 0;
  while (at + FRAME_HEADER_OCTETS <= bytes.length) {
    const length = view.getUint32(at) >>> 8;
    const end = at + FRAME_HEADER_OCTETS + length;
    if (end > bytes.length) break;
    const type = bytes[at + 3];
    const flags = bytes[at + 4];
    const streamId = view.getUint32(at + 5) & 0x7fff_ffff;
    if (type === FRAME.HEADERS) lastStreamId = Math.max(lastStreamId, streamId);
    const payload = bytes.subarray(at + FRAME_HEADER_OCTETS, end);
    if (type === FRAME.SETTINGS) allowance.takeSettings(payload, at === 0);
    if (type === FRAME.WINDOW_UPDATE) allowance.takeWindowUpdate(streamId, payload);
    if (type === FRAME.DATA && !ended.has(streamId)) {
      const list = pieces.get(streamId) ?? [];
      list.push(unpad(payload, flags));
      pieces.set(streamId, list);
    }
    const endsStream = type === FRAME.DATA || type === FRAME.HEADERS;
    if (endsStream && (flags & FLAG.END_STREAM) !== 0) ended.add(streamId);
    at = end;
  }
  const bodies = new Map([...pieces].map(([streamId, list]) => [streamId, concat(list)]));
  return { bodies, lastStreamId, endsWhole: at === bytes.length, allowance };
}

function unpad(payload: Uint8Array, flags: number): Uint8Array {
  if ((flags & FLAG.PADDED) === 0) return payload;
  return payload.subarray(1, Math.max(1, payload.length - (payload[0] ?? 0)));
}

/** The messages of a body as hex, decompressed, up to the first that is not whole. */
export function readMessages(body: Uint8Array | undefined): string[] {
  const messages: string[] = [];
  if (body === undefined) return messages;
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  for (let at = 0; at + 5 <= body.length;) {
    const end = at + 5 + view.getUint32(at + 1);
    if (end > body.length) break;
    const message = body.subarray(at + 5, end);
    messages.push(toHex(body[at] === 0 ? message : gunzip(message)));
    at = end;
  }
  return messages;
}

/** What is not gzip stays as it is. */
function gunzip(message: Uint8Array): Uint8Array {
  try {
    return gunzipSync(message);
  } catch {
    return message;
  }
}

/** For comparing and for messages. */
export function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}
