import { HpackDecoder } from "../../rpc/http2/hpack/mod.ts";
import { CODE, concat, FLAG, FRAME, FRAME_HEADER_OCTETS, nameIn, SETTING } from "./wire.ts";

/** A frame that the peer sent. */
export interface SeenFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Uint8Array;
  /** Of HEADERS: the fields, once the block is complete. */
  readonly fields?: readonly { readonly name: string; readonly value: string }[];
}

/** A test wants to see what came, so no list is too long for it. */
const MAX_LIST_OCTETS = 16 * 1024 * 1024;

/** Turns the octets of one direction into frames. Holds the compression table of that direction. */
export class FrameReader {
  readonly #hpack = new HpackDecoder({ maxListOctets: MAX_LIST_OCTETS, maxFields: 100_000 });
  #rest: Uint8Array = new Uint8Array(0);
  /** The HEADERS frame whose block is not complete, and the fragments so far. */
  #openBlock: { readonly first: SeenFrame; readonly fragments: Uint8Array[] } | undefined;

  /**
   * The frames that are complete with this chunk. HEADERS come when their last CONTINUATION has come, just
   * before it.
   */
  push(chunk: Uint8Array): SeenFrame[] {
    let rest = concat([this.#rest, chunk]);
    const frames: SeenFrame[] = [];
    while (rest.length >= FRAME_HEADER_OCTETS) {
      const view = new DataView(rest.buffer, rest.byteOffset);
      const end = FRAME_HEADER_OCTETS + (view.getUint32(0) >>> 8);
      if (rest.length < end) break;
      frames.push(...this.#readBlock({
        type: view.getUint8(3),
        flags: view.getUint8(4),
        streamId: view.getUint32(5) & 0x7fffffff,
        payload: rest.slice(FRAME_HEADER_OCTETS, end),
      }));
      rest = rest.subarray(end);
    }
    this.#rest = rest;
    return frames;
  }

  #readBlock(frame: SeenFrame): SeenFrame[] {
    if (frame.type === FRAME.HEADERS) {
      this.#openBlock = { first: frame, fragments: [withoutPadding(frame)] };
    } else if (frame.type === FRAME.CONTINUATION) {
      if (this.#openBlock === undefined) throw new Error("Received CONTINUATION without HEADERS");
      this.#openBlock.fragments.push(frame.payload);
    } else {
      return [frame];
    }
    if ((frame.flags & FLAG.END_HEADERS) === 0) return frame.type === FRAME.HEADERS ? [] : [frame];
    const { first, fragments } = this.#openBlock;
    this.#openBlock = undefined;
    const complete = { ...first, fields: this.#hpack.decode(concat(fragments)).fields };
    return frame.type === FRAME.HEADERS ? [complete] : [complete, frame];
  }
}

/** The payload of DATA or HEADERS less padding and priority fields. */
export function withoutPadding({ type, flags, payload }: SeenFrame): Uint8Array {
  const isPadded = (flags & FLAG.PADDED) !== 0;
  const paddingOctets = isPadded ? payload[0] ?? 0 : 0;
  const priorityOctets = type === FRAME.HEADERS && (flags & FLAG.PRIORITY) !== 0 ? 5 : 0;
  return payload.subarray((isPadded ? 1 : 0) + priorityOctets, payload.length - paddingOctets);
}

export function hasFlag(frame: SeenFrame, flag: number): boolean {
  return (frame.flags & flag) !== 0;
}

/** The unsigned 32-bit number at an offset of the payload; 0 where the payload is too short for it. */
export function numberAt({ payload }: SeenFrame, offset: number): number {
  if (payload.length < offset + 4) return 0;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(offset);
}

/** One line for failures, as in `RST_STREAM, stream 3, CANCEL`. */
export function describeFrame(frame: SeenFrame): string {
  const parts = [nameIn(FRAME, frame.type)];
  if (frame.streamId !== 0) parts.push(`stream ${frame.streamId}`);
  parts.push(...describeFlags(frame), ...describePayload(frame));
  return parts.join(", ");
}

function describeFlags(frame: SeenFrame): string[] {
  const mayEnd = frame.type === FRAME.DATA || frame.type === FRAME.HEADERS;
  const mayAcknowledge = frame.type === FRAME.SETTINGS || frame.type === FRAME.PING;
  if (mayEnd && hasFlag(frame, FLAG.END_STREAM)) return ["END_STREAM"];
  return mayAcknowledge && hasFlag(frame, FLAG.ACK) ? ["ACK"] : [];
}

function describePayload(frame: SeenFrame): string[] {
  const { type, payload, fields } = frame;
  switch (type) {
    case FRAME.HEADERS:
      return [
        (fields ?? []).map(({ name, value }) => `${name}=${JSON.stringify(value)}`).join(" "),
      ];
    case FRAME.RST_STREAM:
      return [nameIn(CODE, numberAt(frame, 0))];
    case FRAME.GOAWAY: {
      const debug = new TextDecoder().decode(payload.subarray(8));
      return [
        nameIn(CODE, numberAt(frame, 4)),
        `last stream ${numberAt(frame, 0)}`,
        ...(debug === "" ? [] : [JSON.stringify(debug)]),
      ];
    }
    case FRAME.WINDOW_UPDATE:
      return [`+${numberAt(frame, 0)}`];
    case FRAME.SETTINGS:
      return readSettings(frame).map(([id, value]) => `${nameIn(SETTING, id)}=${value}`);
    default:
      return [`${payload.length} octets`];
  }
}

/** The entries of a SETTINGS frame, in their order. */
export function readSettings({ payload }: SeenFrame): [id: number, value: number][] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
  return Array.from(
    { length: Math.floor(payload.length / 6) },
    (_, index) => [view.getUint16(index * 6), view.getUint32(index * 6 + 2)],
  );
}
