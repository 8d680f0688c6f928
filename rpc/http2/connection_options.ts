import type { Clock } from "./clock.ts";
import type { Http2Error } from "./http2_error.ts";
import type { Http2Limits } from "./limits.ts";
import type { RequestHead } from "./message_head.ts";
import type { Http2Stream, StreamListener } from "./stream.ts";
import type { KeepAlive } from "./watchdog.ts";

/** What the layer above is told. What a callback throws ends the connection with INTERNAL_ERROR. */
export interface ConnectionEvents {
  /** A request (server): returns who listens to its stream, or undefined to refuse it as unprocessed. */
  request?(stream: Http2Stream, head: RequestHead, endStream: boolean): StreamListener | undefined;
  /** The peer's first SETTINGS: the connection works. */
  ready?(): void;
  /** No more streams can be opened here (client); those that run go on. */
  draining?(): void;
  /** A stream ended or the peer raised its limit: `canOpen` may have become true (client). */
  capacity?(): void;
  /** The end, told once. `error` says why, if it was not an orderly one. */
  closed?(error: Http2Error | undefined): void;
}

/** How an `Http2Connection` is made. */
export interface ConnectionOptions {
  readonly role: "server" | "client";
  readonly events: ConnectionEvents;
  readonly limits?: Partial<Http2Limits>;
  readonly clock?: Clock;
  /** PINGs of ours that find out whether the peer is there; none by default. */
  readonly keepAlive?: KeepAlive;
  /** Time without a stream after which a server shuts the connection down; endless by default. */
  readonly maxIdleMs?: number;
  /** Age at which a connection is shut down, whatever runs on it; endless by default. */
  readonly maxAgeMs?: number;
  /** Time that its streams then have to finish before they are cut off; endless by default. */
  readonly maxAgeGraceMs?: number;
}
