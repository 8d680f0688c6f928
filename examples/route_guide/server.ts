// The handlers of route_guide.proto. This file is yours: broker scaffold adds new methods and changes nothing else.
import features from "./features.json" with { type: "json" };
import type { Feature, Point, RouteGuideHandlers, RouteNote } from "./gen/route_guide.ts";
import { RpcError, Status } from "./gen/runtime/rpc.ts";
import { contains, distanceMetres, keyOf, pointOf } from "./geometry.ts";
import * as services from "./server.ts";

/** Notes kept at one point; the oldest make room for new ones. */
const MAX_NOTES_AT_POINT = 1000;
/** Points with notes. */
const MAX_POINTS_WITH_NOTES = 10_000;

const nameAt = new Map(features.map(({ name, location }) => [keyOf(location), name]));

/** What was left where, for as long as the server lives. */
const notesAt = new Map<string, RouteNote[]>();

/** What is where, and how far it is. */
export const RouteGuide: RouteGuideHandlers = {
  /**
   * The place at a point; without a name where there is none.
   *
   * `rpc GetFeature(routeguide.Point) returns (routeguide.Feature)`
   */
  GetFeature(point) {
    return featureAt(point);
  },

  /**
   * All places within a rectangle, one after the other.
   *
   * `rpc ListFeatures(routeguide.Rectangle) returns (stream routeguide.Feature)`
   */
  async *ListFeatures(rectangle) {
    for (const feature of features) {
      if (contains(rectangle, feature.location)) yield feature;
    }
  },

  /**
   * Takes the points of a route as it is walked, and says in the end what it was.
   *
   * `rpc RecordRoute(stream routeguide.Point) returns (routeguide.RouteSummary)`
   */
  async RecordRoute(points) {
    const startedMs = performance.now();
    let pointCount = 0;
    let featureCount = 0;
    let metres = 0;
    let previous: Point | undefined;
    for await (const point of points) {
      pointCount++;
      if (featureAt(point).name !== "") featureCount++;
      if (previous !== undefined) metres += distanceMetres(previous, point);
      previous = point;
    }
    return {
      point_count: pointCount,
      feature_count: featureCount,
      distance: Math.round(metres),
      elapsed_time: Math.round((performance.now() - startedMs) / 1000),
    };
  },

  /**
   * Leaves a note at a point, and receives all that were left there before.
   *
   * `rpc RouteChat(stream routeguide.RouteNote) returns (stream routeguide.RouteNote)`
   */
  async *RouteChat(notes) {
    for await (const note of notes) {
      // A copy: others may leave notes here while these are sent.
      yield* [...leaveNote(note)];
    }
  },
};

function featureAt(location: Point): Feature {
  return { name: nameAt.get(keyOf(location)) ?? "", location };
}

/** Keeps a note; returns those that were there before it. */
function leaveNote(note: RouteNote): readonly RouteNote[] {
  const key = keyOf(pointOf(note.location));
  const earlier = notesAt.get(key) ?? [];
  if (earlier.length === 0 && notesAt.size >= MAX_POINTS_WITH_NOTES) {
    throw new RpcError(
      Status.RESOURCE_EXHAUSTED,
      `There are notes at ${MAX_POINTS_WITH_NOTES} points, and no room for another`,
    );
  }
  notesAt.set(key, [...earlier.slice(1 - MAX_NOTES_AT_POINT), note]);
  return earlier;
}

// Run as a program, this serves them with grpc-js; `broker serve` does without these lines.
if (import.meta.main) {
  import("./gen/standalone.ts").then(({ serve }) => serve(services));
}
