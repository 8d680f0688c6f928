import type { Channel, Metadata, MethodDefinition } from "../rpc/mod.ts";
import type { LoadClock } from "./load_clock.ts";

/** Encoded messages in both directions: a load generator looks into none of them. */
export type RawMethod = MethodDefinition<Uint8Array, Uint8Array>;

/** What is sent, to whom, how fast and for how long. Times in ms. */
export interface LoadPlan {
  readonly method: RawMethod;
  /** One connection each. */
  readonly channels: readonly Channel[];
  /** Calls at a time on each connection. */
  readonly streams: number;
  /** Encoded requests, used in turn; at least one. */
  readonly payloads: readonly Uint8Array[];
  readonly metadata: Metadata;
  /** Deadline of each call. */
  readonly timeoutMs: number | undefined;
  /** Calls, or messages where the requests are a stream; Infinity for no limit. */
  readonly count: number;
  /** Infinity for no limit. */
  readonly durationMs: number;
  /** Open loop: calls or messages per second, over all connections. Undefined: as fast as answers come. */
  readonly perSecond: number | undefined;
  /** Where the requests are a stream: messages of one call; Infinity for a call that lasts as long as the load. */
  readonly messagesPerCall: number;
  /** Where both sides are streams: messages of a call that are sent and not answered. */
  readonly maxInFlight: number;
  /** How long calls may go on once the load is over; then they are cut off. */
  readonly drainMs: number;
  /** Ends the load early. */
  readonly stop: AbortSignal;
  /** Called once if nothing was sent and nothing came for `stallMs`. */
  onStall(): void;
  readonly stallMs: number;
  readonly clock: LoadClock;
}

/** The method as it is called: messages pass as the octets that they are. */
export function rawMethod(
  definition: Pick<MethodDefinition, "path" | "requestStream" | "responseStream">,
): RawMethod {
  const pass = (octets: Uint8Array) => octets;
  return {
    path: definition.path,
    requestStream: definition.requestStream,
    responseStream: definition.responseStream,
    requestSerialize: pass,
    requestDeserialize: pass,
    responseSerialize: pass,
    responseDeserialize: pass,
  };
}
