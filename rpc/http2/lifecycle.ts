import type { ConnectionEvents } from "./connection_options.ts";
import { ErrorCode, MAX_31_BIT } from "./constants.ts";
import { encodeGoAway } from "./frame_encoder.ts";
import { connectionError, Http2Error } from "./http2_error.ts";
import type { PeerConduct } from "./peer_conduct.ts";
import type { Sender } from "./sender.ts";
import type { Socket } from "./socket.ts";
import type { StreamKeeper } from "./stream_keeper.ts";
import type { Watchdog } from "./watchdog.ts";

/**
 * `open` → `draining` (no new streams, the others end in peace) → `closing` (GOAWAY is under way, input is dropped)
 * → `closed`.
 */
export type ConnectionState =
  | { readonly kind: "open" }
  | { readonly kind: "draining" }
  | { readonly kind: "closing"; readonly error: Http2Error | undefined }
  | { readonly kind: "closed"; readonly error: Http2Error | undefined };

/** What the end of a connection touches. */
export interface LifecycleHost {
  readonly role: "server" | "client";
  readonly socket: Socket;
  readonly events: ConnectionEvents;
  readonly conduct: PeerConduct;
  readonly sender: Sender;
  readonly keeper: StreamKeeper;
  readonly watchdog: Watchdog;
  now(): number;
  /** True once the peer's SETTINGS arrived. */
  isReady(): boolean;
  ping(onAck: () => void): void;
}

/** How a connection ends: in order or at once, by us or by the peer (RFC 9113 sections 5.4.1 and 6.8). */
export class Lifecycle {
  readonly #host: LifecycleHost;
  #state: ConnectionState = { kind: "open" };
  /** True once `shutdown()` was called. */
  #shuttingDown = false;
  /** True once the peer sent GOAWAY. */
  #peerLeaves = false;
  /** The last stream id that a received GOAWAY left to us. */
  #peerLastStreamId = MAX_31_BIT;
  /** Why the peer's GOAWAY says that it closes. */
  #peerError: Http2Error | undefined;

  constructor(host: LifecycleHost) {
    this.#host = host;
  }

  get state(): ConnectionState["kind"] {
    return this.#state.kind;
  }

  /** True while received frames are acted on. */
  get takesFrames(): boolean {
    return this.#state.kind === "open" || this.#state.kind === "draining";
  }

  /** Ends in order; see `Http2Connection.shutdown()`. */
  shutdown(reason = ""): void {
    if (this.#shuttingDown || !this.takesFrames) return;
    this.#shuttingDown = true;
    this.#drain();
    const { role, watchdog } = this.#host;
    if (role === "client") return this.#closeIfIdle();
    this.#sendGoAway(MAX_31_BIT, ErrorCode.NO_ERROR, reason);
    watchdog.afterRoundTrip(() => this.#nameLastStream());
    this.#host.ping(() => watchdog.roundTripDone());
  }

  #nameLastStream(): void {
    if (this.#state.kind !== "draining") return;
    const { keeper } = this.#host;
    keeper.takeNoMore();
    this.#sendGoAway(keeper.lastTakenId, ErrorCode.NO_ERROR);
    this.#closeIfIdle();
  }

  /** Ends with GOAWAY for a fault, keeping the order: GOAWAY, end of output, then a moment for the peer to read it. */
  fail(error: Http2Error): void {
    if (!this.takesFrames) return;
    this.#sendGoAway(this.#host.keeper.lastTakenId, error.code, error.message);
    this.#leave(error);
  }

  /** Ends with the greeting alone: the peer knows no GOAWAY. */
  refuse(error: Http2Error): void {
    this.#host.sender.greet();
    this.#leave(error);
  }

  /** Closes without a word: the peer does not take any. */
  abort(error: Http2Error): void {
    if (this.takesFrames) this.#leave(error);
    this.#host.socket.close();
  }

  /** The socket refused our octets. */
  broken(cause: unknown): void {
    this.abort(this.#lost(`Cannot write to ${this.#host.socket.peer}`, { cause }));
  }

  /** The input has ended, for `readError` if there is one: all is over. */
  finish(readError: Http2Error | undefined): void {
    const { socket, sender, keeper, watchdog, events } = this.#host;
    const lost = this.#peerError ?? readError ??
      this.#lost(`The peer ${socket.peer} closed the connection`);
    const error = this.#endError(readError, lost);
    this.#state = { kind: "closed", error };
    watchdog.stop();
    sender.close();
    socket.close();
    keeper.closeAll(lost);
    this.guard(() => events.closed?.(error));
  }

  /** Why the connection ended, undefined for an orderly end. */
  #endError(readError: Http2Error | undefined, lost: Http2Error): Http2Error | undefined {
    if (this.#state.kind === "closing") return this.#state.error ?? this.#peerError;
    // A peer may hang up between streams, but not before it said anything.
    const { keeper, isReady } = this.#host;
    const isOrderly = readError === undefined && keeper.table.size === 0 && isReady();
    return isOrderly ? this.#peerError : lost;
  }

  #lost(message: string, options: { readonly cause?: unknown } = {}): Http2Error {
    const code = "cause" in options ? ErrorCode.CONNECT_ERROR : ErrorCode.CANCEL;
    return new Http2Error(message, { code, scope: "connection", origin: "remote", ...options });
  }

  /** A stream ended. */
  streamClosed(): void {
    const { keeper, watchdog, events } = this.#host;
    if (keeper.table.size === 0) watchdog.idleSinceMs = this.#host.now();
    this.#closeIfIdle();
    this.guard(() => events.capacity?.());
  }

  /** The peer's GOAWAY. @throws Http2Error `PROTOCOL_ERROR` for a last stream that cannot be */
  goAwayReceived(lastStreamId: number, code: number, debug: string): void {
    const { role, conduct, keeper, socket } = this.#host;
    if (this.#peerLeaves) conduct.oddFrame();
    if (role === "client") this.#lowerLastStream(lastStreamId);
    this.#peerLeaves = true;
    if (code !== ErrorCode.NO_ERROR) {
      this.#peerError = new Http2Error(
        `The peer ${socket.peer} closed the connection${debug === "" ? "" : `: ${debug}`}`,
        { code, scope: "connection", origin: "remote" },
      );
    }
    // First, so that a call which starts over at once looks for another connection.
    this.#drain();
    if (role === "client") keeper.leaveOut(lastStreamId);
    this.#closeIfIdle();
  }

  #lowerLastStream(lastStreamId: number): void {
    if (lastStreamId > this.#peerLastStreamId || (lastStreamId !== 0 && lastStreamId % 2 === 0)) {
      throw connectionError(
        ErrorCode.PROTOCOL_ERROR,
        `Cannot take GOAWAY with last stream ${lastStreamId}: it is even or has risen`,
      );
    }
    this.#peerLastStreamId = lastStreamId;
  }

  /** Calls what is not ours: what it throws ends this connection, not the process. */
  guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.fail(asHttp2Error(error));
    }
  }

  /** No more streams of ours; those that are open go on. */
  #drain(): void {
    if (this.#state.kind !== "open") return;
    this.#state = { kind: "draining" };
    this.guard(() => this.#host.events.draining?.());
  }

  /** Leaves once nothing is open and, on a server, nothing more can come: a client's GOAWAY promises that as well. */
  #closeIfIdle(): void {
    const { role, keeper } = this.#host;
    if (this.#state.kind !== "draining" || keeper.table.size > 0) return;
    if (role === "server" && !keeper.takesNoMore && !this.#peerLeaves) return;
    if (!keeper.takesNoMore) this.#sendGoAway(keeper.lastTakenId, ErrorCode.NO_ERROR);
    this.#leave(undefined);
  }

  #sendGoAway(lastStreamId: number, code: number, debug = ""): void {
    this.#host.sender.control((out) => encodeGoAway(out, lastStreamId, { code, debug }));
  }

  #leave(error: Http2Error | undefined): void {
    const { sender, socket, keeper, watchdog, now } = this.#host;
    this.#state = { kind: "closing", error };
    keeper.closeAll(error ?? connectionError(ErrorCode.NO_ERROR, "The connection was closed"));
    // After an orderly end the last answers may still be on their way out: then the peer's time begins after them.
    if (error !== undefined) watchdog.lingerSinceMs = now();
    sender.drained().then(() => {
      watchdog.lingerSinceMs ??= now();
      sender.close();
      return socket.closeWrite();
    }).catch(() => socket.close());
  }
}

/** What a connection ends with: what was thrown, if it is meant for the peer, else INTERNAL_ERROR. */
export function asHttp2Error(error: unknown): Http2Error {
  if (error instanceof Http2Error) return error;
  return new Http2Error("Internal error", {
    code: ErrorCode.INTERNAL_ERROR,
    scope: "connection",
    cause: error,
  });
}
