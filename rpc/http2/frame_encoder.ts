import type { ByteBuffer } from "./byte_buffer.ts";
import { Flag, FRAME_HEADER_OCTETS, FrameType } from "./constants.ts";
import type { SettingEntry } from "./settings.ts";

/** Writes a frame header; the payload of `length` octets must follow. Source: RFC 9113 section 4.1. */
export function encodeFrameHeader(
  out: ByteBuffer,
  header: {
    readonly length: number;
    readonly type: number;
    readonly flags: number;
    readonly streamId: number;
  },
): void {
  writeFrameHeaderAt(out, out.extend(FRAME_HEADER_OCTETS), header);
}

function writeFrameHeaderAt(
  out: ByteBuffer,
  at: number,
  header: {
    readonly length: number;
    readonly type: number;
    readonly flags: number;
    readonly streamId: number;
  },
): void {
  const bytes = out.bytes;
  bytes[at] = header.length >>> 16;
  bytes[at + 1] = header.length >>> 8;
  bytes[at + 2] = header.length;
  bytes[at + 3] = header.type;
  bytes[at + 4] = header.flags;
  writeUint32(bytes, at + 5, header.streamId);
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

function appendUint32(out: ByteBuffer, value: number): void {
  const at = out.extend(4);
  writeUint32(out.bytes, at, value);
}

/** SETTINGS (section 6.5). */
export function encodeSettings(out: ByteBuffer, entries: readonly SettingEntry[]): void {
  encodeFrameHeader(out, {
    length: 6 * entries.length,
    type: FrameType.SETTINGS,
    flags: 0,
    streamId: 0,
  });
  for (const { id, value } of entries) {
    out.appendByte(id >>> 8);
    out.appendByte(id);
    appendUint32(out, value);
  }
}

/** The acknowledgement of the peer's SETTINGS. */
export function encodeSettingsAck(out: ByteBuffer): void {
  encodeFrameHeader(out, { length: 0, type: FrameType.SETTINGS, flags: Flag.ACK, streamId: 0 });
}

/** PING (section 6.7); `payload` has 8 octets. */
export function encodePing(
  out: ByteBuffer,
  payload: Uint8Array,
  options: { readonly ack: boolean },
): void {
  const flags = options.ack ? Flag.ACK : 0;
  encodeFrameHeader(out, { length: 8, type: FrameType.PING, flags, streamId: 0 });
  out.append(payload);
}

/** GOAWAY (section 6.8); `debug` is for the peer's log. */
export function encodeGoAway(
  out: ByteBuffer,
  lastStreamId: number,
  options: { readonly code: number; readonly debug?: string },
): void {
  const debug = new TextEncoder().encode(options.debug ?? "");
  encodeFrameHeader(out, {
    length: 8 + debug.length,
    type: FrameType.GOAWAY,
    flags: 0,
    streamId: 0,
  });
  appendUint32(out, lastStreamId);
  appendUint32(out, options.code);
  out.append(debug);
}

/** RST_STREAM (section 6.4). */
export function encodeReset(out: ByteBuffer, streamId: number, code: number): void {
  encodeFrameHeader(out, { length: 4, type: FrameType.RST_STREAM, flags: 0, streamId });
  appendUint32(out, code);
}

/** WINDOW_UPDATE (section 6.9); stream 0 is the connection. */
export function encodeWindowUpdate(out: ByteBuffer, streamId: number, increment: number): void {
  encodeFrameHeader(out, { length: 4, type: FrameType.WINDOW_UPDATE, flags: 0, streamId });
  appendUint32(out, increment);
}

/** HEADERS, and as many CONTINUATIONs as the peer's limit asks for. What `encodeBlock` throws leaves `out` as it was. */
export function encodeHeaders(
  out: ByteBuffer,
  streamId: number,
  options: {
    readonly endStream: boolean;
    readonly maxFrameOctets: number;
    readonly encodeBlock: (out: ByteBuffer) => void;
  },
): void {
  const at = out.extend(FRAME_HEADER_OCTETS);
  try {
    options.encodeBlock(out);
  } catch (error) {
    out.length = at;
    throw error;
  }
  const blockOctets = out.length - at - FRAME_HEADER_OCTETS;
  const endStream = options.endStream ? Flag.END_STREAM : 0;
  if (blockOctets <= options.maxFrameOctets) {
    const flags = endStream | Flag.END_HEADERS;
    writeFrameHeaderAt(out, at, { length: blockOctets, type: FrameType.HEADERS, flags, streamId });
    return;
  }
  const block = out.bytes.slice(at + FRAME_HEADER_OCTETS, out.length);
  out.length = at;
  for (let offset = 0; offset < block.length; offset += options.maxFrameOctets) {
    const piece = block.subarray(offset, offset + options.maxFrameOctets);
    const last = offset + piece.length === block.length;
    encodeFrameHeader(out, {
      length: piece.length,
      type: offset === 0 ? FrameType.HEADERS : FrameType.CONTINUATION,
      flags: (offset === 0 ? endStream : 0) | (last ? Flag.END_HEADERS : 0),
      streamId,
    });
    out.append(piece);
  }
}
