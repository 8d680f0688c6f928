// What client.ts sends and server_test.ts tests with. This file is yours: change it as you like.
import type { PointInit, RectangleInit, RouteNoteInit } from "./gen/route_guide.ts";

export const Point: PointInit = { latitude: 409146138, longitude: -746188906 };

export const Rectangle: RectangleInit = {
  lo: { latitude: 400000000, longitude: -750000000 },
  hi: { latitude: 420000000, longitude: -730000000 },
};

export const RouteNote: RouteNoteInit = {
  location: { latitude: 0, longitude: 1 },
  message: "First message",
};
