/**
 * HTTP/2 and gRPC octets built by hand, with nothing of our engine: not even its constants, so that a wrong
 * number there cannot hide here. Every function builds exactly what it is told, valid or not.
 *
 * @module
 */

/** RFC 9113 section 6. */
export const FRAME = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** RFC 9113 section 6. */
export const FLAG = {
  NONE: 0,
  ACK: 0x1,
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

/** RFC 9113 section 6.5.2. */
export const SETTING = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

/** RFC 9113 section 7. */
export const CODE = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
} as const;

/** The name that a table above gives a number, or the number itself. */
export function nameIn(table: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(table).find(([, candidate]) => candidate === value)?.[0] ?? String(value);
}

/** RFC 9113 section 3.4. */
export const PREFACE: Uint8Array<ArrayBuffer> = new TextEncoder().encode(
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
);

export const FRAME_HEADER_OCTETS = 9;

const NOTHING = new Uint8Array(0);

/** A frame whose length field says what the payload has. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = NOTHING,
): Uint8Array<ArrayBuffer> {
  return concat([frameHeader(payload.length, type, flags, streamId), payload]);
}

/** A frame header alone, for a length that lies or a payload that comes later. */
export function frameHeader(
  length: number,
  type: number,
  flags: number,
  streamId: number,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(FRAME_HEADER_OCTETS);
  const view = new DataView(header.buffer);
  view.setUint8(0, length >>> 16);
  view.setUint16(1, length & 0xffff);
  view.setUint8(3, type);
  view.setUint8(4, flags);
  view.setUint32(5, streamId);
  return header;
}

/** SETTINGS with these `[SETTING.…, value]` entries, in this order. */
export function settings(entries: readonly (readonly [number, number])[] = []) {
  const payload = new Uint8Array(entries.length * 6);
  const view = new DataView(payload.buffer);
  entries.forEach(([id, value], index) => {
    view.setUint16(index * 6, id);
    view.setUint32(index * 6 + 2, value);
  });
  return frame(FRAME.SETTINGS, FLAG.NONE, 0, payload);
}

export function settingsAck() {
  return frame(FRAME.SETTINGS, FLAG.ACK, 0);
}

/** Header fields by name and value, one octet per character; a name may be repeated. */
export type Fields = readonly (readonly [string, string])[];

/** An HPACK block of literals without indexing and without Huffman, which leaves the peer's table alone. */
export function headersLiteral(fields: Fields): Uint8Array<ArrayBuffer> {
  return concat(
    fields.flatMap(([name, value]) => [
      Uint8Array.of(0),
      hpackString(name),
      hpackString(value),
    ]),
  );
}

function hpackString(text: string): Uint8Array<ArrayBuffer> {
  const octets = Uint8Array.from(text, (character) => character.charCodeAt(0));
  return concat([hpackInteger(octets.length, 7), octets]);
}

/** RFC 7541 section 5.1, with the bits above the prefix 0. */
export function hpackInteger(value: number, prefixBits: number): Uint8Array<ArrayBuffer> {
  const limit = 2 ** prefixBits - 1;
  if (value < limit) return Uint8Array.of(value);
  const octets = [limit];
  let rest = value - limit;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(rest % 128 + 128);
  return Uint8Array.of(...octets, rest);
}

export interface HeadersOptions {
  /** Default false. */
  readonly endStream?: boolean;
  /** Default true; false wants CONTINUATION frames after it. */
  readonly endHeaders?: boolean;
}

/** HEADERS with literal fields, or with a block as given. */
export function headers(
  streamId: number,
  fields: Fields | Uint8Array,
  { endStream = false, endHeaders = true }: HeadersOptions = {},
) {
  const flags = (endStream ? FLAG.END_STREAM : 0) | (endHeaders ? FLAG.END_HEADERS : 0);
  const block = fields instanceof Uint8Array ? fields : headersLiteral(fields);
  return frame(FRAME.HEADERS, flags, streamId, block);
}

export function continuation(streamId: number, block: Uint8Array, endHeaders = true) {
  return frame(FRAME.CONTINUATION, endHeaders ? FLAG.END_HEADERS : 0, streamId, block);
}

export interface DataOptions {
  /** Default false. */
  readonly endStream?: boolean;
  /** Octets of padding, 0 to 255. Default: no PADDED flag. */
  readonly padding?: number;
}

export function data(
  streamId: number,
  payload: Uint8Array = NOTHING,
  { endStream = false, padding }: DataOptions = {},
) {
  const flags = (endStream ? FLAG.END_STREAM : 0) | (padding === undefined ? 0 : FLAG.PADDED);
  const padded = padding === undefined
    ? payload
    : concat([Uint8Array.of(padding), payload, new Uint8Array(padding)]);
  return frame(FRAME.DATA, flags, streamId, padded);
}

export function rstStream(streamId: number, code: number = CODE.CANCEL) {
  return frame(FRAME.RST_STREAM, FLAG.NONE, streamId, uint32(code));
}

export function windowUpdate(streamId: number, increment: number) {
  return frame(FRAME.WINDOW_UPDATE, FLAG.NONE, streamId, uint32(increment));
}

/** PING with 8 octets of opaque data. */
export function ping(opaque: Uint8Array = new Uint8Array(8)) {
  return frame(FRAME.PING, FLAG.NONE, 0, opaque);
}

export function pingAck(opaque: Uint8Array) {
  return frame(FRAME.PING, FLAG.ACK, 0, opaque);
}

export function goaway(lastStreamId: number, code: number = CODE.NO_ERROR, debug = "") {
  const payload = concat([uint32(lastStreamId), uint32(code), new TextEncoder().encode(debug)]);
  return frame(FRAME.GOAWAY, FLAG.NONE, 0, payload);
}

/** The fields of a gRPC request, as grpc-go sends them. */
export function grpcRequest(path: string, extra: Fields = []): Fields {
  return [
    [":method", "POST"],
    [":scheme", "http"],
    [":path", path],
    [":authority", "localhost"],
    ["content-type", "application/grpc"],
    ["te", "trailers"],
    ...extra,
  ];
}

/** The response headers of a gRPC answer. */
export function grpcResponse(extra: Fields = []): Fields {
  return [[":status", "200"], ["content-type", "application/grpc"], ...extra];
}

/** The trailers of a gRPC answer. */
export function grpcTrailers(status = 0, extra: Fields = []): Fields {
  return [["grpc-status", String(status)], ...extra];
}

/** A gRPC message in its envelope: flag, length, octets. */
export function envelope(message: Uint8Array, compressed = false): Uint8Array<ArrayBuffer> {
  return concat([Uint8Array.of(compressed ? 1 : 0), uint32(message.length), message]);
}

/** The messages of whole envelopes. Throws on a half one at the end. */
export function openEnvelopes(octets: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let offset = 0; offset < octets.length;) {
    const end = offset + 5 + view.getUint32(offset + 1);
    if (end > octets.length) throw new Error(`Envelope at octet ${offset} ends after the data`);
    messages.push(octets.subarray(offset + 5, end));
    offset = end;
  }
  return messages;
}

export function uint32(value: number): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value);
  return octets;
}

export function concat(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.length;
  }
  return whole;
}
