import { ErrorCode, Flag, MAX_31_BIT } from "./constants.ts";
import { connectionError, type Http2Error } from "./http2_error.ts";

/** Reads four octets, most significant first. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/**
 * The payload of DATA or HEADERS without its padding.
 *
 * @throws Http2Error `PROTOCOL_ERROR` if the padding leaves no room (RFC 9113 sections 6.1 and 6.2).
 */
export function stripPadding(payload: Uint8Array, flags: number): Uint8Array {
  if ((flags & Flag.PADDED) === 0) return payload;
  const padding = payload[0];
  if (payload.length === 0 || padding >= payload.length) {
    throw protocolError("Cannot take a frame whose padding fills it");
  }
  return payload.subarray(1, payload.length - padding);
}

/** Refuses a stream that depends on itself (RFC 7540 section 5.3.1). */
export function checkDependency(payload: Uint8Array, streamId: number): void {
  if ((readUint32(payload, 0) & MAX_31_BIT) === streamId) {
    throw protocolError(`Cannot take a priority that makes stream ${streamId} depend on itself`);
  }
}

export function protocolError(message: string): Http2Error {
  return connectionError(ErrorCode.PROTOCOL_ERROR, message);
}

export function frameSizeError(frame: string, octets: number): Http2Error {
  return connectionError(
    ErrorCode.FRAME_SIZE_ERROR,
    `Cannot take ${frame} with ${octets} octets of payload`,
  );
}
