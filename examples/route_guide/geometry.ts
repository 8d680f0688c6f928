import type { Point, Rectangle } from "./gen/route_guide.ts";

/** Mean radius of the earth, in metres. */
const EARTH_RADIUS_METRES = 6_371_000;
/** Points count in 1e-7 degrees. */
const DEGREES = 1e-7;
const RADIANS = Math.PI / 180;

/** A point that is always there, for fields that may be unset. */
const ORIGIN: Point = { latitude: 0, longitude: 0 };

/** The point of a field; that without a field is 0, 0, as everywhere in proto3. */
export function pointOf(location: Point | null): Point {
  return location ?? ORIGIN;
}

/** A key for maps: equal for equal points. */
export function keyOf({ latitude, longitude }: Point): string {
  return `${latitude},${longitude}`;
}

/** The shortest way between two points along the surface, in metres (haversine formula). */
export function distanceMetres(from: Point, to: Point): number {
  const [fromLatitude, toLatitude] = [from.latitude, to.latitude].map(toRadians);
  const halfNorth = Math.sin((toLatitude - fromLatitude) / 2);
  const halfEast = Math.sin(toRadians(to.longitude - from.longitude) / 2);
  const chord = halfNorth ** 2 + Math.cos(fromLatitude) * Math.cos(toLatitude) * halfEast ** 2;
  return 2 * EARTH_RADIUS_METRES * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** True for a point within the rectangle or on its edge, whichever corners it names. */
export function contains(rectangle: Rectangle, point: Point): boolean {
  const [lo, hi] = [pointOf(rectangle.lo), pointOf(rectangle.hi)];
  return isBetween(point.latitude, lo.latitude, hi.latitude) &&
    isBetween(point.longitude, lo.longitude, hi.longitude);
}

function isBetween(value: number, one: number, other: number): boolean {
  return value >= Math.min(one, other) && value <= Math.max(one, other);
}

function toRadians(units: number): number {
  return units * DEGREES * RADIANS;
}
