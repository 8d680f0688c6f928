// Tests of the handlers in server.ts. This file is yours: change it with them.
import assert from "node:assert/strict";
import test from "node:test";
import type { PointInit } from "./gen/route_guide.ts";
import { connect } from "./gen/standalone.ts";
import { collect, received, startServer, streamOf, testCall } from "./gen/testing.ts";
import { distanceMetres } from "./geometry.ts";
import * as samples from "./samples.ts";
import * as server from "./server.ts";

const NEWARK = { latitude: 407357000, longitude: -741724000 };
const YONKERS = { latitude: 409312000, longitude: -738987000 };
const NOWHERE = { latitude: 1, longitude: 1 };

const pointOf = (point: PointInit) => received.Point(point);

test("GetFeature names the place at a point", async () => {
  const feature = await server.RouteGuide.GetFeature(pointOf(NEWARK), testCall());
  assert.deepEqual(feature, { name: "Newark", location: NEWARK });
});

test("GetFeature has no name where there is no place", async () => {
  const feature = await server.RouteGuide.GetFeature(pointOf(NOWHERE), testCall());
  assert.deepEqual(feature, { name: "", location: NOWHERE });
});

test("ListFeatures takes the corners of a rectangle in any order", async () => {
  const { lo, hi } = samples.Rectangle;
  const list = (rectangle: typeof samples.Rectangle) =>
    collect(server.RouteGuide.ListFeatures(received.Rectangle(rectangle), testCall()));
  const all = await list({ lo, hi });
  assert.ok(all.length >= 100, `${all.length} places`);
  assert.deepEqual(await list({ lo: hi, hi: lo }), all);
  assert.deepEqual(
    (await list({ lo: NEWARK, hi: NEWARK })).map(({ name }) => name),
    ["Newark"],
  );
});

test("RecordRoute counts points and places and measures the way", async () => {
  const route = streamOf(...[NEWARK, NOWHERE, NEWARK, YONKERS].map(pointOf));
  const summary = await server.RouteGuide.RecordRoute(route, testCall());
  const away = distanceMetres(NEWARK, NOWHERE);
  assert.equal(summary.point_count, 4);
  assert.equal(summary.feature_count, 3);
  assert.equal(summary.distance, Math.round(2 * away + distanceMetres(NEWARK, YONKERS)));
});

test("A degree along a meridian is 111 km, half the equator 20,015 km", () => {
  const degree = distanceMetres(
    { latitude: 0, longitude: 0 },
    { latitude: 1e7, longitude: 0 },
  );
  assert.equal(Math.round(degree), 111_195);
  const half = distanceMetres(
    { latitude: 0, longitude: 0 },
    { latitude: 0, longitude: -180e7 },
  );
  assert.equal(Math.round(half), 20_015_087);
});

test("RouteChat sends what was left at a point before, in the order that it was left in", async () => {
  const note = (message: string, location: PointInit) => received.RouteNote({ message, location });
  const chat = (...notes: ReturnType<typeof note>[]) =>
    collect(server.RouteGuide.RouteChat(streamOf(...notes), testCall()));
  const [here, there] = [{ latitude: 2, longitude: 3 }, { latitude: 3, longitude: 2 }];
  assert.deepEqual(await chat(note("one", here), note("other", there)), []);
  assert.deepEqual(await chat(note("two", here)), [note("one", here)]);
  assert.deepEqual(
    await chat(note("three", here)),
    [note("one", here), note("two", here)],
  );
});

test("RouteChat keeps the last 1000 notes of a point", async () => {
  const location = { latitude: 4, longitude: 4 };
  const notes = Array.from(
    { length: 1002 },
    (_, index) => received.RouteNote({ message: String(index), location }),
  );
  await collect(server.RouteGuide.RouteChat(streamOf(...notes), testCall()));
  const kept = await collect(
    server.RouteGuide.RouteChat(streamOf(received.RouteNote({ location })), testCall()),
  );
  assert.deepEqual([kept.length, kept[0]?.message, kept.at(-1)?.message], [1000, "2", "1001"]);
});

test("the server answers a client over a socket", async () => {
  const running = await startServer();
  const connection = connect(running.target);
  try {
    const { RouteGuide } = connection.services;
    const feature = await RouteGuide.GetFeature(samples.Point);
    assert.equal(feature.name, "Berkshire Valley");
    assert.ok((await collect(RouteGuide.ListFeatures(samples.Rectangle))).length >= 100);
    const summary = await RouteGuide.RecordRoute([NEWARK, YONKERS]);
    assert.deepEqual([summary.point_count, summary.feature_count], [2, 2]);
    const sent = [samples.RouteNote, { ...samples.RouteNote, message: "Second message" }];
    const notes = await collect(RouteGuide.RouteChat(sent));
    assert.deepEqual(notes.map(({ message }) => message), ["First message"]);
  } finally {
    // In this order: on some versions of Deno a grpc-js server may not survive its first client.
    await running.kill();
    connection.close();
  }
});
