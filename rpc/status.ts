import { ErrorCode } from "./http2/mod.ts";
import type { Metadata } from "./metadata.ts";

/** The status codes of gRPC (grpc/doc/statuscodes.md). */
export const Status = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;

const NAMES = Object.keys(Status);

/** The name of a code: `NOT_FOUND`; `CODE_99` for one that gRPC does not have. */
export function statusName(code: number): string {
  return NAMES[code] ?? `CODE_${code}`;
}

/** The end of a call that did not succeed; the only error whose text reaches the peer. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  /** One of `Status`. */
  readonly code: number;
  /** A serialized `google.rpc.Status`, sent as `grpc-status-details-bin`. */
  readonly details: Uint8Array | undefined;
  /** Trailers that go with the status; on a client, all trailers received. */
  readonly metadata: Metadata | undefined;

  constructor(
    code: number,
    message: string,
    options?: {
      readonly details?: Uint8Array | undefined;
      readonly metadata?: Metadata | undefined;
      readonly cause?: unknown;
    },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options?.details;
    this.metadata = options?.metadata;
  }
}

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
