import { DEFAULT_WINDOW_OCTETS } from "./constants.ts";

/**
 * What a peer may make one connection hold or do. Each value is the default of a server that has met the attack:
 * grpc-go, hyperium/h2, nghttp2 or Envoy.
 */
export interface Http2Limits {
  /** Streams that the peer may have open, and handlers that may run for it. Default 100 (Envoy's edge guide). */
  readonly maxConcurrentStreams: number;
  /** Octets of one frame's payload; 16,384 to 16,777,215. Default 16,384. */
  readonly maxFrameOctets: number;
  /** Octets of one encoded header block with its CONTINUATIONs. Default 65,536 (nghttp2). */
  readonly maxHeaderBlockOctets: number;
  /** CONTINUATION frames of one header block. Default 8 (nghttp2). */
  readonly maxContinuations: number;
  /** Octets of one decoded header list, 32 added for each field. Default 16,384 (hyper). */
  readonly maxHeaderListOctets: number;
  /** Fields of one header list. Default 128 (Node). */
  readonly maxHeaderFields: number;
  /**
   * Octets of the header lists of all streams that are open, counted as above. Default 819,200: half of what all streams
   * may bring, so that a client with 8 KiB of metadata, as much as gRPC's protocol suggests, can use them all.
   */
  readonly maxOpenHeaderOctets: number;
  /** Receive window of a new stream, in octets; at least 65,535. Default 65,535. */
  readonly initialWindowOctets: number;
  /** What a stream's window may grow to while its reader keeps up. Default 1 MiB. */
  readonly maxWindowOctets: number;
  /** What all windows of a connection may grow by, in octets. Default 8 MiB. */
  readonly windowGrowthOctets: number;
  /**
   * Receive window of the connection, in octets; at least 65,535. It is credited on receipt, so it bounds nothing.
   * Default 1 MiB.
   */
  readonly connectionWindowOctets: number;
  /** Replies waiting for the socket above which nothing more is read. Default 100 (grpc-go). */
  readonly maxQueuedReplies: number;
  /** RST_STREAMs received at once, and each second after; then ENHANCE_YOUR_CALM. Default 1000 and 33 (nghttp2). */
  readonly resetsReceived: RateLimit;
  /** RST_STREAMs that the peer's faults made us send. Default 1024 (h2) and 33 a second. */
  readonly resetsSent: RateLimit;
  /** Frames without purpose: PRIORITY, unknown types, SETTINGS, late frames. Default 10,000 and 330 (nghttp2). */
  readonly oddFrames: RateLimit;
  /** Empty DATA frames that do not end a stream, in the life of a connection. Default 100 (h2). */
  readonly maxEmptyData: number;
  /** Entries of one SETTINGS frame. Default 32 (nghttp2). */
  readonly maxSettingsEntries: number;
  /** Octets of answers that one stream may hold unsent before its writer waits. Default 65,536 (grpc-go). */
  readonly sendBufferOctets: number;
  /**
   * Octets of answers that all streams of a connection may hold unsent before each has only an eighth of its own limit.
   * Default 262,144.
   */
  readonly connectionSendOctets: number;
  /** Time for the preface and the first SETTINGS, and for a header block once begun. Default 10,000. */
  readonly handshakeTimeoutMs: number;
  /**
   * Time for the rest of a frame once it has begun to arrive. Default 60,000: a link of 2400 bit/s brings the largest
   * default frame in time, so raise it with `maxFrameOctets`.
   */
  readonly frameTimeoutMs: number;
  /** Time for the socket to accept one octet of what we write. Default 20,000 (grpc-go). */
  readonly writeTimeoutMs: number;
  /** Time without progress for a stream that has data to send but no window. Default 300,000 (Envoy). */
  readonly streamStallTimeoutMs: number;
  /** PINGs of the peer; undefined answers them all. */
  readonly pings?: PingPolicy;
}

/** A token bucket: `burst` at once, then `perSecond`. */
export interface RateLimit {
  readonly burst: number;
  readonly perSecond: number;
}

/** How often a peer may send PING (gRPC proposal A8). */
export interface PingPolicy {
  /** Shortest time between PINGs while a stream is open, in ms. */
  readonly minIntervalMs: number;
  /** The same while none is. */
  readonly minIdleIntervalMs: number;
  /** PINGs sent too early that are forgiven until we send HEADERS or DATA. */
  readonly maxStrikes: number;
}

export const DEFAULT_LIMITS: Http2Limits = {
  maxConcurrentStreams: 100,
  maxFrameOctets: 16_384,
  maxHeaderBlockOctets: 65_536,
  maxContinuations: 8,
  maxHeaderListOctets: 16_384,
  maxHeaderFields: 128,
  maxOpenHeaderOctets: 819_200,
  initialWindowOctets: 65_535,
  maxWindowOctets: 1_048_576,
  windowGrowthOctets: 8_388_608,
  connectionWindowOctets: 1_048_576,
  maxQueuedReplies: 100,
  resetsReceived: { burst: 1000, perSecond: 33 },
  resetsSent: { burst: 1024, perSecond: 33 },
  oddFrames: { burst: 10_000, perSecond: 330 },
  maxEmptyData: 100,
  maxSettingsEntries: 32,
  sendBufferOctets: 65_536,
  connectionSendOctets: 262_144,
  handshakeTimeoutMs: 10_000,
  frameTimeoutMs: 60_000,
  writeTimeoutMs: 20_000,
  streamStallTimeoutMs: 300_000,
};

/**
 * Fills in the defaults. Windows below 65,535 are raised to it: a peer that has not seen our SETTINGS yet may use as
 * much (RFC 9113 section 6.9.2).
 * Defaults that the allowed header lists would not fit into grow with them.
 */
export function resolveLimits(limits: Partial<Http2Limits> = {}): Http2Limits {
  const { maxHeaderListOctets, maxConcurrentStreams } = { ...DEFAULT_LIMITS, ...limits };
  const resolved = {
    ...DEFAULT_LIMITS,
    maxHeaderBlockOctets: Math.max(DEFAULT_LIMITS.maxHeaderBlockOctets, maxHeaderListOctets),
    maxOpenHeaderOctets: maxHeaderListOctets * Math.max(1, maxConcurrentStreams / 2),
    ...limits,
  };
  return {
    ...resolved,
    initialWindowOctets: Math.max(resolved.initialWindowOctets, DEFAULT_WINDOW_OCTETS),
    connectionWindowOctets: Math.max(resolved.connectionWindowOctets, DEFAULT_WINDOW_OCTETS),
  };
}
