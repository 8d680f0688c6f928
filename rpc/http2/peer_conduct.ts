import { ErrorCode } from "./constants.ts";
import { connectionError } from "./http2_error.ts";
import type { Http2Limits, RateLimit } from "./limits.ts";

/** Octets of the smallest gRPC message: its envelope. */
const MIN_MESSAGE_OCTETS = 5;

/**
 * Counts what a peer does that costs us more than it costs the peer, and ends the connection with
 * ENHANCE_YOUR_CALM when it is too much. One instance a connection; the clock is handed in.
 */
export class PeerConduct {
  /** Streams, and DATA sent, that give the peer reason to send WINDOW_UPDATEs. */
  streamsOpened = 0;
  dataFramesSent = 0;
  dataOctetsSent = 0;

  readonly #limits: Http2Limits;
  readonly #now: () => number;
  readonly #resetsReceived: TokenBucket;
  readonly #resetsSent: TokenBucket;
  readonly #oddFrames: TokenBucket;
  #emptyData = 0;
  #windowUpdates = 0;
  #pingStrikes = 0;
  #lastPingMs = -Infinity;

  constructor(limits: Http2Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#resetsReceived = new TokenBucket(limits.resetsReceived, now());
    this.#resetsSent = new TokenBucket(limits.resetsSent, now());
    this.#oddFrames = new TokenBucket(limits.oddFrames, now());
  }

  /** The peer reset a stream that we had not finished (CVE-2023-44487, rapid reset). */
  resetReceived(): void {
    if (!this.#resetsReceived.take(this.#now())) throw tooMuch("too_many_resets");
  }

  /** A fault of the peer's made us reset a stream (CVE-2025-8671, MadeYouReset). */
  resetSent(): void {
    if (!this.#resetsSent.take(this.#now())) throw tooMuch("too_many_internal_resets");
  }

  /** A frame that serves no purpose of the peer's: PRIORITY, an unknown type, repeated SETTINGS, a late frame. */
  oddFrame(): void {
    if (!this.#oddFrames.take(this.#now())) throw tooMuch("too_many_odd_frames");
  }

  /** DATA without octets and without END_STREAM (CVE-2019-9518). */
  emptyData(): void {
    this.#emptyData++;
    if (this.#emptyData > this.#limits.maxEmptyData) throw tooMuch("too_many_data_frames");
  }

  /**
   * WINDOW_UPDATE: as many as our streams and DATA explain (CVE-2019-9511). Envoy's formula, which counts DATA frames,
   * but ours hold many messages, and gRPC's C core sends an update for each that is read (observed with grpcio 1.51).
   */
  windowUpdate(): void {
    this.#windowUpdates++;
    const messages = 10 * this.dataFramesSent + this.dataOctetsSent / MIN_MESSAGE_OCTETS;
    const explained = 5 + 2 * (this.streamsOpened + messages);
    if (this.#windowUpdates > explained) throw tooMuch("too_many_window_updates");
  }

  /** We sent a DATA frame. */
  sentData(octets: number): void {
    this.dataFramesSent++;
    this.dataOctetsSent += octets;
    this.sentSomething();
  }

  /** We sent HEADERS or DATA: PINGs that measure the bandwidth are welcome again. */
  sentSomething(): void {
    this.#pingStrikes = 0;
    this.#lastPingMs = -Infinity;
  }

  /** PING, held against the policy of gRPC proposal A8. */
  ping(openStreams: number): void {
    const policy = this.#limits.pings;
    if (policy === undefined) return;
    const now = this.#now();
    const minimum = openStreams > 0 ? policy.minIntervalMs : policy.minIdleIntervalMs;
    if (now - this.#lastPingMs < minimum) this.#pingStrikes++;
    this.#lastPingMs = now;
    if (this.#pingStrikes > policy.maxStrikes) throw tooMuch("too_many_pings");
  }
}

/** The debug text of the GOAWAY is the message: grpc clients look for `too_many_pings`. */
function tooMuch(debug: string) {
  return connectionError(ErrorCode.ENHANCE_YOUR_CALM, debug);
}

/** Lets `burst` events pass at once and `perSecond` after. */
class TokenBucket {
  readonly #limit: RateLimit;
  #tokens: number;
  #refilledMs: number;

  constructor(limit: RateLimit, nowMs: number) {
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#refilledMs = nowMs;
  }

  take(nowMs: number): boolean {
    const refill = (nowMs - this.#refilledMs) / 1000 * this.#limit.perSecond;
    this.#refilledMs = nowMs;
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + refill);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
