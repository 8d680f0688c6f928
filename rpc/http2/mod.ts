/** HTTP/2 on any byte stream (RFC 9113), as server and as client; knows nothing of gRPC. */
export { ByteBuffer } from "./byte_buffer.ts";
export { type Clock, SYSTEM_CLOCK } from "./clock.ts";
export { Http2Connection } from "./connection.ts";
export type { ConnectionEvents, ConnectionOptions } from "./connection_options.ts";
export { ErrorCode, errorCodeName } from "./constants.ts";
export type { HeaderField } from "./header_field.ts";
export { Http2Error } from "./http2_error.ts";
export { DEFAULT_LIMITS, type Http2Limits, type PingPolicy, type RateLimit } from "./limits.ts";
export type { RequestHead, ResponseHead } from "./message_head.ts";
export type { Socket } from "./socket.ts";
export type { Http2Stream, StreamListener } from "./stream.ts";
export type { CloseCause } from "./stream_state.ts";
export type { KeepAlive } from "./watchdog.ts";
