import { ErrorCode } from "./http2/mod.ts";
import { Status } from "./status.ts";

/** RST_STREAM code to status (PROTOCOL-HTTP2, "HTTP2 Transport Mapping"). Codes that it leaves out are UNKNOWN. */
const STATUS_OF_RESET = {
  [ErrorCode.NO_ERROR]: Status.INTERNAL,
  [ErrorCode.PROTOCOL_ERROR]: Status.INTERNAL,
  [ErrorCode.INTERNAL_ERROR]: Status.INTERNAL,
  [ErrorCode.FLOW_CONTROL_ERROR]: Status.INTERNAL,
  [ErrorCode.SETTINGS_TIMEOUT]: Status.INTERNAL,
  [ErrorCode.FRAME_SIZE_ERROR]: Status.INTERNAL,
  [ErrorCode.REFUSED_STREAM]: Status.UNAVAILABLE,
  [ErrorCode.CANCEL]: Status.CANCELLED,
  [ErrorCode.COMPRESSION_ERROR]: Status.INTERNAL,
  [ErrorCode.CONNECT_ERROR]: Status.INTERNAL,
  [ErrorCode.ENHANCE_YOUR_CALM]: Status.RESOURCE_EXHAUSTED,
  [ErrorCode.INADEQUATE_SECURITY]: Status.PERMISSION_DENIED,
} satisfies Record<number, number>;

/** The status that a reset of that code stands for. */
export function statusOfReset(code: number): number {
  return (STATUS_OF_RESET as Record<number, number>)[code] ?? Status.UNKNOWN;
}

/** HTTP status to status, where there is no `grpc-status` (grpc/doc/http-grpc-status-mapping.md). */
const STATUS_OF_HTTP = {
  400: Status.INTERNAL,
  401: Status.UNAUTHENTICATED,
  403: Status.PERMISSION_DENIED,
  404: Status.UNIMPLEMENTED,
  429: Status.UNAVAILABLE,
  431: Status.INTERNAL,
  502: Status.UNAVAILABLE,
  503: Status.UNAVAILABLE,
  504: Status.UNAVAILABLE,
} satisfies Record<number, number>;

/** The status that an HTTP status stands for; every other one, 200 included, is UNKNOWN. */
export function statusOfHttp(httpStatus: number): number {
  return (STATUS_OF_HTTP as Record<number, number>)[httpStatus] ?? Status.UNKNOWN;
}
