// What a request must be like. A rule throws when a message is not so; nothing of it reaches a handler then.
import type { EndRequest, Location, StartRequest, TrackRequest } from "./gen/rides.ts";
import { ValidationError, type Violation } from "./gen/runtime/rpc.ts";

/** Rules by the name of their message. */
export const rules = {
  StartRequest({ driver_id, location, passenger_ids }: StartRequest): void {
    refuse([
      ...required("driver_id", driver_id),
      ...checkLocation(location),
      ...passenger_ids.length === 0
        ? [{ field: "passenger_ids", reason: "must have at least one" }]
        : [],
    ]);
  },

  TrackRequest({ car_id, time, location }: TrackRequest): void {
    refuse([
      ...required("car_id", car_id),
      ...time === null ? [{ field: "time", reason: "must be given" }] : [],
      ...checkLocation(location),
    ]);
  },

  EndRequest({ id, distance }: EndRequest): void {
    refuse([
      ...required("id", id),
      ...between("distance", distance, { minimum: 0, maximum: Infinity }),
    ]);
  },
};

/** @throws ValidationError if anything is wrong */
function refuse(violations: readonly Violation[]): void {
  if (violations.length > 0) throw new ValidationError(violations);
}

function required(field: string, text: string): Violation[] {
  return text === "" ? [{ field, reason: "must not be empty" }] : [];
}

function checkLocation(location: Location | null): Violation[] {
  if (location === null) return [{ field: "location", reason: "must be given" }];
  return [
    ...between("location.lat", location.lat, { minimum: -90, maximum: 90 }),
    ...between("location.lng", location.lng, { minimum: -180, maximum: 180 }),
  ];
}

function between(
  field: string,
  value: number,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): Violation[] {
  // NaN is in no range.
  if (value >= minimum && value <= maximum) return [];
  const range = maximum === Infinity ? `at least ${minimum}` : `${minimum} to ${maximum}`;
  return [{ field, reason: `is ${value}, and must be ${range}` }];
}
