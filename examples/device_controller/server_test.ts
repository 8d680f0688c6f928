// Tests of the handlers in server.ts. This file is yours: change it with them.
import assert from "node:assert/strict";
import test from "node:test";
import type { CommandInit, ScheduleEntryInit } from "./gen/device_controller.ts";
import { Status } from "./gen/runtime/rpc.ts";
import { connect } from "./gen/standalone.ts";
import { collect, received, startServer, streamOf, testCall } from "./gen/testing.ts";
import * as samples from "./samples.ts";
import * as server from "./server.ts";

const upload = async (...entries: readonly ScheduleEntryInit[]) =>
  await server.Schedules.UploadSchedule(
    streamOf(...entries.map((entry) => received.ScheduleEntry(entry))),
    testCall(),
  );

const readSchedule = async (name: string) =>
  (await server.Schedules.GetSchedule(received.GetScheduleRequest({ name }), testCall())).entries;

const control = (...commands: readonly CommandInit[]) =>
  collect(
    server.Control.LiveControl(
      streamOf(...commands.map((command) => received.Command(command))),
      testCall(),
    ),
  );

test("ListDevices lists all devices, or those of one kind", async () => {
  const list = async (kind: "DEVICE_KIND_UNSPECIFIED" | "DEVICE_KIND_FAN") =>
    (await server.Devices.ListDevices(received.ListDevicesRequest({ kind }), testCall())).devices;
  assert.equal((await list("DEVICE_KIND_UNSPECIFIED"))?.length, 6);
  assert.deepEqual(
    (await list("DEVICE_KIND_FAN"))?.map(({ name }) => name),
    ["extractor-fan", "rack-fan"],
  );
});

test("SetDevice changes what is given; GetDevice sees it", async () => {
  await server.Devices.SetDevice(received.SetDeviceRequest(samples.SetDeviceRequest), testCall());
  const request = received.SetDeviceRequest({ name: "desk-lamp", setting: 42 });
  await server.Devices.SetDevice(request, testCall());
  const device = await server.Devices.GetDevice(
    received.GetDeviceRequest({ name: "desk-lamp" }),
    testCall(),
  );
  assert.deepEqual([device.on, device.setting], [true, 42]);
});

test("A device that there is not is NOT_FOUND, and the message says which there are", async () => {
  const request = received.GetDeviceRequest({ name: "toaster" });
  await assert.rejects(async () => await server.Devices.GetDevice(request, testCall()), {
    code: Status.NOT_FOUND,
    message: /^There is no device "toaster": there are bench-lamp, /,
  });
});

test("WatchTelemetry sends as many samples of each device as were asked for", async () => {
  const request = received.WatchTelemetryRequest({
    ...samples.WatchTelemetryRequest,
    samples: 3,
  });
  const readings = await collect(server.Telemetry.WatchTelemetry(request, testCall()));
  assert.deepEqual(
    readings.map(({ name }) => name),
    ["desk-lamp", "floor-heater", "desk-lamp", "floor-heater", "desk-lamp", "floor-heater"],
  );
});

test("WatchTelemetry ends when the client cancels", async () => {
  const cancel = new AbortController();
  const call = { ...testCall(), signal: cancel.signal };
  const request = received.WatchTelemetryRequest({ names: ["desk-lamp"] });
  let count = 0;
  for await (const _ of server.Telemetry.WatchTelemetry(request, call)) {
    count++;
    cancel.abort();
  }
  assert.equal(count, 1);
});

test("WatchTelemetry refuses an interval below 10 ms", async () => {
  const request = received.WatchTelemetryRequest({ interval: { nanos: 1 } });
  await assert.rejects(collect(server.Telemetry.WatchTelemetry(request, testCall())), {
    code: Status.INVALID_ARGUMENT,
  });
});

test("UploadSchedule takes all entries; a later one of the same minute replaces an earlier", async () => {
  const entry = samples.ScheduleEntry;
  const summary = await upload(
    { ...entry, minute_of_day: 600 },
    { ...entry, minute_of_day: 60 },
    { ...entry, minute_of_day: 600, on: false },
  );
  assert.deepEqual(summary, { entries: 2, devices: 1, replaced: 1 });
  assert.deepEqual(
    (await readSchedule(""))?.map(({ minute_of_day, on }) => [minute_of_day, on]),
    [[60, true], [600, false]],
  );
});

test("UploadSchedule takes nothing if an entry is wrong", async () => {
  await upload(samples.ScheduleEntry);
  const before = await readSchedule("");
  const wrong = [{ minute_of_day: 1440 }, { name: "toaster" }, { setting: 1000 }];
  for (const part of wrong) {
    await assert.rejects(upload({ ...samples.ScheduleEntry, on: false }, {
      ...samples.ScheduleEntry,
      ...part,
    }));
  }
  assert.deepEqual(await readSchedule(""), before);
});

test("LiveControl acknowledges every command, those that it refuses as well", async () => {
  const acknowledgements = await control(
    { id: "1", name: "rack-fan", set: 50 },
    { id: "2", name: "rack-fan", adjust: 25 },
    { id: "3", name: "rack-fan", adjust: 50 },
    { id: "4", name: "toaster", switch: true },
    { id: "5", name: "rack-fan" },
  );
  assert.deepEqual(
    acknowledgements.map(({ id, accepted, device }) => [id, accepted, device?.setting]),
    [["1", true, 50], ["2", true, 75], ["3", false, 75], ["4", false, undefined], ["5", false, 75]],
  );
  assert.equal(acknowledgements[4]?.reason, "the command has no action");
});

test("the server answers a client over a socket", async () => {
  const running = await startServer();
  const connection = connect(running.target);
  try {
    const { Devices, Telemetry, Schedules, Control } = connection.services;
    assert.equal((await Devices.ListDevices({})).devices.length, 6);
    assert.equal((await Devices.SetDevice(samples.SetDeviceRequest)).on, true);
    const readings = await collect(Telemetry.WatchTelemetry(samples.WatchTelemetryRequest));
    assert.equal(readings.length, 4);
    assert.equal((await Schedules.UploadSchedule([samples.ScheduleEntry])).entries, 1);
    const [acknowledgement] = await collect(Control.LiveControl([samples.Command]));
    assert.equal(acknowledgement?.accepted, true);
  } finally {
    // In this order: on some versions of Deno a grpc-js server may not survive its first client.
    await running.kill();
    connection.close();
  }
});
