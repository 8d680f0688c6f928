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

  /** Also true for an `RpcError` of another module: scaffolded code brings its own, because it runs without us too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "RpcError" && "code" in value &&
      Number.isInteger(value.code);
  }

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
