import type { Clock } from "./clock.ts";
import { ErrorCode } from "./constants.ts";
import { connectionError, Http2Error } from "./http2_error.ts";
import type { Http2Limits } from "./limits.ts";
import type { Sender } from "./sender.ts";
import type { StreamTable } from "./stream_table.ts";

/** How often the time limits of a connection are looked at. */
const TICK_MS = 1000;
/** How long a peer may take to read our GOAWAY before the socket is closed (grpc-go waits as long). */
const LINGER_MS = 1000;
/** How long a shutting-down server waits for the answer to its PING. */
const ROUND_TRIP_MS = 5000;

/** PINGs that find out whether a silent peer is still there (gRPC proposal A8). */
export interface KeepAlive {
  /** Silence after which a PING goes out, in ms. */
  readonly timeMs: number;
  /** How long its answer may take, in ms. */
  readonly timeoutMs: number;
  /** Also while no stream is open. */
  readonly withoutStreams: boolean;
}

/** What the watchdog looks at and acts on. */
export interface WatchedConnection {
  readonly limits: Http2Limits;
  readonly sender: Sender;
  readonly streams: StreamTable;
  readonly isReady: boolean;
  readonly inHeaderBlock: boolean;
  readonly lastReadMs: number;
  readonly frameSinceMs: number | undefined;
  ping(onAck: () => void): void;
  shutdown(reason?: string): void;
  fail(error: Http2Error): void;
  abort(error: Http2Error): void;
}

/** Holds a connection to its time limits: every wait for the peer ends. */
export class Watchdog {
  /** Since when no stream is open. */
  idleSinceMs: number;
  /** Since when the peer has had all that we want to say, and is to hang up. */
  lingerSinceMs: number | undefined;

  readonly #connection: WatchedConnection;
  readonly #clock: Clock;
  readonly #keepAlive: KeepAlive | undefined;
  readonly #maxIdleMs: number;
  readonly #maxAgeMs: number;
  readonly #maxAgeGraceMs: number;
  readonly #startedMs: number;
  readonly #stop: () => void;
  #blockSinceMs: number | undefined;
  #pingSentMs: number | undefined;
  #roundTrip: { readonly sinceMs: number; readonly done: () => void } | undefined;

  constructor(
    connection: WatchedConnection,
    options: {
      readonly clock: Clock;
      readonly keepAlive: KeepAlive | undefined;
      readonly maxIdleMs: number | undefined;
      readonly maxAgeMs: number | undefined;
      readonly maxAgeGraceMs: number | undefined;
    },
  ) {
    this.#connection = connection;
    this.#clock = options.clock;
    this.#keepAlive = options.keepAlive;
    this.#maxIdleMs = options.maxIdleMs ?? Infinity;
    this.#maxAgeMs = options.maxAgeMs ?? Infinity;
    this.#maxAgeGraceMs = options.maxAgeGraceMs ?? Infinity;
    this.#startedMs = options.clock.now();
    this.idleSinceMs = this.#startedMs;
    this.#stop = options.clock.every(TICK_MS, () => this.#tick());
  }

  stop(): void {
    this.#stop();
  }

  /** Calls `done` at `roundTripDone()`, or after the time that a round trip may take. */
  afterRoundTrip(done: () => void): void {
    this.#roundTrip = { sinceMs: this.#clock.now(), done };
  }

  roundTripDone(): void {
    const roundTrip = this.#roundTrip;
    this.#roundTrip = undefined;
    roundTrip?.done();
  }

  #tick(): void {
    const now = this.#clock.now();
    if (this.lingerSinceMs !== undefined) {
      if (now - this.lingerSinceMs >= LINGER_MS) {
        this.#connection.abort(connectionError(ErrorCode.NO_ERROR, "The peer did not hang up"));
      }
      return;
    }
    if (this.#roundTrip !== undefined && now - this.#roundTrip.sinceMs >= ROUND_TRIP_MS) {
      this.roundTripDone();
    }
    this.#checkHandshake(now);
    this.#checkFrame(now);
    this.#checkWrites(now);
    this.#checkKeepAlive(now);
    this.#checkLife(now);
    this.#giveBack();
  }

  /** Ends a connection that has long been without a stream, or is old (gRPC proposal A9). */
  #checkLife(now: number): void {
    const { streams } = this.#connection;
    if (streams.size === 0 && now - this.idleSinceMs >= this.#maxIdleMs) {
      this.#connection.shutdown("max_idle");
    }
    const overdueMs = now - this.#startedMs - this.#maxAgeMs;
    if (overdueMs >= this.#maxAgeGraceMs) {
      this.#connection.fail(connectionError(ErrorCode.NO_ERROR, "max_age"));
    } else if (overdueMs >= 0) {
      this.#connection.shutdown("max_age");
    }
  }

  /** What a burst has left behind: storage without content. */
  #giveBack(): void {
    const { sender, streams } = this.#connection;
    sender.giveBack();
    for (const stream of streams.values()) stream.output.shrink(0);
  }

  #checkFrame(now: number): void {
    const { frameSinceMs, limits } = this.#connection;
    if (frameSinceMs === undefined || now - frameSinceMs < limits.frameTimeoutMs) return;
    const message = `Cannot wait longer than ${limits.frameTimeoutMs} ms for the rest of a frame`;
    this.#connection.fail(connectionError(ErrorCode.ENHANCE_YOUR_CALM, message));
  }

  #checkHandshake(now: number): void {
    const { isReady, inHeaderBlock, limits } = this.#connection;
    this.#blockSinceMs = inHeaderBlock ? this.#blockSinceMs ?? now : undefined;
    const since = isReady ? this.#blockSinceMs : this.#startedMs;
    if (since === undefined || now - since < limits.handshakeTimeoutMs) return;
    const what = isReady ? "a header block" : "SETTINGS";
    const message = `Cannot wait longer than ${limits.handshakeTimeoutMs} ms for ${what}`;
    this.#connection.fail(connectionError(ErrorCode.SETTINGS_TIMEOUT, message));
  }

  #checkWrites(now: number): void {
    const { sender, limits, streams } = this.#connection;
    const { writingSinceMs, stalledSinceMs } = sender;
    if (writingSinceMs !== undefined && now - writingSinceMs >= limits.writeTimeoutMs) {
      this.#connection.abort(
        connectionError(ErrorCode.CANCEL, "The peer did not take what we sent"),
      );
    }
    if (stalledSinceMs !== undefined && now - stalledSinceMs >= limits.streamStallTimeoutMs) {
      this.#connection.fail(
        connectionError(ErrorCode.CANCEL, "The peer did not open its window"),
      );
    }
    for (const stream of streams.values()) {
      const since = stream.stalledSinceMs;
      if (since !== undefined && now - since >= limits.streamStallTimeoutMs) {
        stream.reset(ErrorCode.CANCEL);
      }
    }
  }

  #checkKeepAlive(now: number): void {
    const keepAlive = this.#keepAlive;
    const { lastReadMs, streams, isReady } = this.#connection;
    if (keepAlive === undefined || !isReady) return;
    if (this.#pingSentMs !== undefined) {
      if (lastReadMs > this.#pingSentMs) this.#pingSentMs = undefined;
      else if (now - this.#pingSentMs >= keepAlive.timeoutMs) {
        this.#connection.abort(
          new Http2Error("The peer did not answer a keepalive PING", {
            code: ErrorCode.CANCEL,
            scope: "connection",
            origin: "remote",
          }),
        );
      }
      return;
    }
    const wanted = streams.size > 0 || keepAlive.withoutStreams;
    if (wanted && now - lastReadMs >= keepAlive.timeMs) {
      this.#pingSentMs = now;
      this.#connection.ping(() => {});
    }
  }
}
