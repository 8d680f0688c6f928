// The handlers of rides.proto. This file is yours: broker scaffold adds new methods and changes nothing else.
import type { RidesHandlers, Timestamp } from "./gen/rides.ts";
import { RpcError, Status } from "./gen/runtime/rpc.ts";
import { rules } from "./rules.ts";
import * as services from "./server.ts";
import { timing } from "./timing.ts";

/** Rides kept; the oldest make room for new ones. */
const MAX_RIDES = 100_000;

/** A ride and whether it is over. */
interface Ride {
  readonly startedSeconds: number;
  readonly isOver: boolean;
}

const rides = new Map<string, Ride>();

/** What stands around the handlers, on `broker serve` as on grpc-js. */
export const validate = rules;
export const interceptors = [timing];

/** Who drives whom, and where. */
export const Rides: RidesHandlers = {
  /**
   * Begins a ride.
   *
   * `rpc Start(rides.v1.StartRequest) returns (rides.v1.StartResponse)`
   */
  Start({ time }) {
    const id = crypto.randomUUID();
    rides.set(id, { startedSeconds: toSeconds(time), isOver: false });
    const [oldest] = rides.keys();
    if (rides.size > MAX_RIDES) rides.delete(oldest);
    return { id };
  },

  /**
   * Takes the positions of a car as it drives, and says in the end how many there were.
   *
   * `rpc Track(stream rides.v1.TrackRequest) returns (rides.v1.TrackResponse)`
   */
  async Track(positions) {
    let count = 0;
    for await (const _ of positions) count++;
    return { count: String(count) };
  },

  /**
   * Ends a ride.
   *
   * `rpc End(rides.v1.EndRequest) returns (rides.v1.EndResponse)`
   */
  End({ id, time }) {
    const ride = rides.get(id);
    if (ride === undefined) throw new RpcError(Status.NOT_FOUND, `There is no ride "${id}"`);
    if (ride.isOver) {
      throw new RpcError(Status.FAILED_PRECONDITION, `The ride "${id}" has ended before`);
    }
    const duration = toSeconds(time) - ride.startedSeconds;
    if (duration < 0) {
      throw new RpcError(Status.INVALID_ARGUMENT, `The ride "${id}" cannot end before it began`);
    }
    rides.set(id, { ...ride, isOver: true });
    return { id, duration };
  },
};

/** Seconds since the beginning of 1970; those of now without a time. */
function toSeconds(time: Timestamp | null): number {
  return time === null ? Date.now() / 1000 : Number(time.seconds) + time.nanos / 1e9;
}

// Run as a program, this serves them with grpc-js; `broker serve` does without these lines.
if (import.meta.main) {
  import("./gen/standalone.ts").then(({ serve }) => serve(services));
}
