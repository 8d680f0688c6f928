// What client.ts sends and server_test.ts tests with.
import type { EndRequestInit, StartRequestInit, TrackRequestInit } from "./gen/rides.ts";

/** 2026-05-04T08:00:00Z. */
const STARTED_SECONDS = 1_777_881_600;

export const StartRequest: StartRequestInit = {
  driver_id: "007",
  location: { lat: 51.4871871, lng: -0.1266743 },
  passenger_ids: ["M", "Q"],
  time: { seconds: String(STARTED_SECONDS), nanos: 0 },
  type: "POOL",
};

/** Where a car was, each five seconds. */
export const positions: readonly TrackRequestInit[] = [0, 1, 2, 3].map((index) => ({
  car_id: "car-7",
  time: { seconds: String(STARTED_SECONDS + 5 * index), nanos: 0 },
  location: { lat: 40.7357 + index / 1000, lng: -74.1724 },
}));

/** Wants the id of a ride. */
export const EndRequest: EndRequestInit = {
  time: { seconds: String(STARTED_SECONDS + 90), nanos: 500_000_000 },
  distance: 1.5,
};
