// Tests of the handlers and the rules, and of both on grpc-js over a socket.
import assert from "node:assert/strict";
import test from "node:test";
import { Status } from "./gen/runtime/rpc.ts";
import { connect } from "./gen/standalone.ts";
import { received, startServer, streamOf, testCall } from "./gen/testing.ts";
import { rules } from "./rules.ts";
import * as samples from "./samples.ts";
import * as server from "./server.ts";

const startRequest = received.StartRequest(samples.StartRequest);

test("A ride lasts from its begin to its end", async () => {
  const { id = "" } = await server.Rides.Start(startRequest, testCall());
  const end = received.EndRequest({ ...samples.EndRequest, id });
  assert.deepEqual(await server.Rides.End(end, testCall()), { id, duration: 90.5 });
  const again = async () => await server.Rides.End(end, testCall());
  await assert.rejects(again, { code: Status.FAILED_PRECONDITION });
});

test("A ride cannot end before it began, and may end then all the same", async () => {
  const { id = "" } = await server.Rides.Start(startRequest, testCall());
  const end = (seconds: string) =>
    received.EndRequest({ ...samples.EndRequest, id, time: { seconds } });
  const early = async () => await server.Rides.End(end("1"), testCall());
  await assert.rejects(early, { code: Status.INVALID_ARGUMENT });
  const { duration } = await server.Rides.End(end("1777881601"), testCall());
  assert.equal(duration, 1);
});

test("There is no ride that was not begun", async () => {
  const end = async () => await server.Rides.End(received.EndRequest({ id: "none" }), testCall());
  await assert.rejects(end, { code: Status.NOT_FOUND });
});

test("Track counts the positions", async () => {
  const positions = samples.positions.map((position) => received.TrackRequest(position));
  assert.deepEqual(await server.Rides.Track(streamOf(...positions), testCall()), { count: "4" });
});

test("A rule names all fields that are wrong", () => {
  const location = { lat: 91, lng: Number.NaN };
  assert.throws(() => rules.StartRequest(received.StartRequest({ location })), {
    name: "ValidationError",
    violations: [
      { field: "driver_id", reason: "must not be empty" },
      { field: "location.lat", reason: "is 91, and must be -90 to 90" },
      { field: "location.lng", reason: "is NaN, and must be -180 to 180" },
      { field: "passenger_ids", reason: "must have at least one" },
    ],
  });
  assert.throws(() => rules.TrackRequest(received.TrackRequest({ car_id: "car-7" })), {
    message: "time: must be given; location: must be given",
  });
  assert.throws(() => rules.EndRequest(received.EndRequest({ id: "1", distance: -1 })), {
    message: "distance: is -1, and must be at least 0",
  });
  rules.EndRequest(received.EndRequest({ id: "1" }));
});

test("the server answers a client over a socket", async () => {
  const running = await startServer();
  const connection = connect(running.target);
  try {
    const { Rides } = connection.services;
    const { id } = await Rides.Start(samples.StartRequest);
    assert.deepEqual(await Rides.Track(samples.positions), { count: "4" });
    assert.deepEqual(await Rides.End({ ...samples.EndRequest, id }), { id, duration: 90.5 });
    await assert.rejects(Rides.Start({ ...samples.StartRequest, driver_id: "" }), {
      code: Status.INVALID_ARGUMENT,
      message: "driver_id: must not be empty",
    });
    await assert.rejects(Rides.Track([...samples.positions, {}]), {
      code: Status.INVALID_ARGUMENT,
      message: /^car_id: must not be empty; /,
    });
  } finally {
    // In this order: on some versions of Deno a grpc-js server may not survive its first client.
    await running.kill();
    connection.close();
  }
});
