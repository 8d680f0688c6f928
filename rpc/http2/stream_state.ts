import type { Http2Error } from "./http2_error.ts";

/** Why a stream ended. */
export type CloseCause =
  /** Both sides sent END_STREAM. */
  | { readonly kind: "finished" }
  /** RST_STREAM, sent by us (`local`) or by the peer (`remote`). */
  | { readonly kind: "reset"; readonly origin: "local" | "remote"; readonly code: number }
  /** The peer's GOAWAY left it out: it was never processed, so that it is safe to try elsewhere. */
  | { readonly kind: "unprocessed" }
  /** The connection ended under it. */
  | { readonly kind: "connection"; readonly error: Http2Error };

/** The states of RFC 9113 section 5.1 without the reserved ones: nobody may push here. */
export type StreamState =
  | { readonly kind: "idle" }
  | { readonly kind: "open" }
  | { readonly kind: "half_closed_local" }
  | { readonly kind: "half_closed_remote" }
  | { readonly kind: "closed"; readonly cause: CloseCause };

export const IDLE: StreamState = { kind: "idle" };
export const OPEN: StreamState = { kind: "open" };
export const HALF_CLOSED_LOCAL: StreamState = { kind: "half_closed_local" };
export const HALF_CLOSED_REMOTE: StreamState = { kind: "half_closed_remote" };
const FINISHED: StreamState = { kind: "closed", cause: { kind: "finished" } };

/** Frames whose reception depends on the state. */
export type ReceivedFrame = "HEADERS" | "DATA" | "RST_STREAM" | "WINDOW_UPDATE";

/** What to do with a received frame: take it, drop it, or end the connection with an error of that name. */
export type Verdict = "accept" | "ignore" | "PROTOCOL_ERROR" | "STREAM_CLOSED";

/**
 * Judges a frame by the state of its stream.
 *
 * Frames that the RFC makes a stream error of are connection errors here (section 5.4.1 allows it): answering them
 * with RST_STREAM is what the MadeYouReset attack lives on. Frames after our own reset may still be under way and are
 * dropped.
 *
 * Source: RFC 9113 section 5.1.
 */
export function judgeFrame(state: StreamState, frame: ReceivedFrame): Verdict {
  switch (state.kind) {
    case "idle":
      return frame === "HEADERS" ? "accept" : "PROTOCOL_ERROR";
    case "open":
    case "half_closed_local":
      return "accept";
    case "half_closed_remote":
      return frame === "HEADERS" || frame === "DATA" ? "STREAM_CLOSED" : "accept";
    case "closed":
      return judgeAfterClose(state.cause, frame);
  }
}

function judgeAfterClose(cause: CloseCause, frame: ReceivedFrame): Verdict {
  switch (cause.kind) {
    case "finished":
      return frame === "HEADERS" || frame === "DATA" ? "STREAM_CLOSED" : "ignore";
    case "reset":
      if (cause.origin === "local") return "ignore";
      return frame === "HEADERS" || frame === "DATA" ? "STREAM_CLOSED" : "ignore";
    case "unprocessed":
    case "connection":
      return "ignore";
  }
}

/** The state after END_STREAM in one direction. */
export function afterEnd(state: StreamState, side: "local" | "remote"): StreamState {
  switch (state.kind) {
    case "idle":
    case "open":
      return side === "local" ? HALF_CLOSED_LOCAL : HALF_CLOSED_REMOTE;
    case "half_closed_local":
      return side === "local" ? state : FINISHED;
    case "half_closed_remote":
      return side === "remote" ? state : FINISHED;
    case "closed":
      return state;
  }
}
