import type { Http2Connection } from "./http2/mod.ts";
import type { ClientInterceptor } from "./interceptors.ts";
import type { Metadata } from "./metadata.ts";

/** Options of one call. */
export interface CallOptions {
  readonly metadata?: Metadata | undefined;
  /** Time for the whole call, in ms. Default: no end. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call when it aborts. */
  readonly signal?: AbortSignal | undefined;
  /** Wait for a connection as long as the deadline allows, instead of failing when it cannot be had. */
  readonly waitForReady?: boolean | undefined;
  /** How messages are compressed. Default `identity`. */
  readonly compression?: "identity" | "gzip" | undefined;
  /** Stand around this call, inside of the channel's. Default none. */
  readonly interceptors?: readonly ClientInterceptor[] | undefined;
}

/** How a call ended. */
export interface CallStatus {
  readonly code: number;
  readonly message: string;
  /** A serialized `google.rpc.Status`, if the server sent one. */
  readonly details?: Uint8Array | undefined;
  readonly trailers: Metadata;
}

/** What a call needs of its channel. */
export interface ClientCallHost {
  readonly authority: string;
  readonly scheme: string;
  readonly userAgent: string;
  readonly maxMessageOctets: number;
  /** Of all its calls, the outermost first. */
  readonly interceptors: readonly ClientInterceptor[];
  /** A connection that has room for a stream now. */
  readyConnection(): Http2Connection | undefined;
  /** Waits for such a connection. @throws RpcError `UNAVAILABLE`, or the signal's reason. */
  connection(options: {
    readonly waitForReady: boolean;
    readonly signal: AbortSignal;
  }): Promise<Http2Connection>;
}
