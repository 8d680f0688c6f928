import assert from "node:assert/strict";
import type { Clients } from "../../examples/device_controller/gen/device_controller.ts";
import { Status } from "../../rpc/mod.ts";
import { runBroker } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { collect, serveExample, testExample } from "./support.ts";

await testExample<Clients>("device_controller", {
  async "Devices are listed, read and set, and keep what is not given"({ services: { Devices } }) {
    const { devices } = await Devices.ListDevices({ kind: "DEVICE_KIND_LAMP" });
    assert.deepEqual(devices.map(({ name }) => name), ["bench-lamp", "desk-lamp"]);
    await Devices.SetDevice({ name: "desk-lamp", on: true, setting: 70 });
    await Devices.SetDevice({ name: "desk-lamp", setting: 0 });
    const { on, setting, kind } = await Devices.GetDevice({ name: "desk-lamp" });
    assert.deepEqual({ on, setting, kind }, { on: true, setting: 0, kind: "DEVICE_KIND_LAMP" });
  },

  async "A refusal says which device or which value is wrong"({ services: { Devices } }) {
    await assert.rejects(Devices.GetDevice({ name: "toaster" }), {
      code: Status.NOT_FOUND,
      message: /^There is no device "toaster": there are bench-lamp, /,
    });
    await assert.rejects(Devices.SetDevice({ name: "wall-heater", setting: 31 }), {
      code: Status.INVALID_ARGUMENT,
      message: 'setting is 31: "wall-heater" takes 5 to 30',
    });
  },

  async "Telemetry streams the devices in turn, at times that follow each other"({ services }) {
    const readings = await collect(services.Telemetry.WatchTelemetry({
      names: ["desk-lamp", "floor-heater"],
      interval: { seconds: "0", nanos: 20_000_000 },
      samples: 3,
    }));
    assert.deepEqual(
      readings.map(({ name }) => name),
      ["desk-lamp", "floor-heater", "desk-lamp", "floor-heater", "desk-lamp", "floor-heater"],
    );
    const times = readings.filter(({ name }) => name === "desk-lamp").map(({ time }) => {
      assert.ok(time !== null);
      return Number(time.seconds) + time.nanos / 1e9;
    });
    assert.deepEqual(times, [...new Set(times)].toSorted((one, other) => one - other));
  },

  async "Telemetry without an end sees what control does, until the client cancels"({ services }) {
    const { Control, Telemetry } = services;
    await collect(Control.LiveControl([{ id: "1", name: "bench-lamp", switch: false }]));
    const cancel = new AbortController();
    const watch = async () => {
      const request = { names: ["bench-lamp"], interval: { seconds: "0", nanos: 10_000_000 } };
      let isAsked = false;
      for await (const { watts } of Telemetry.WatchTelemetry(request, { signal: cancel.signal })) {
        if (isAsked && watts > 0) cancel.abort();
        if (isAsked) continue;
        assert.equal(watts, 0);
        isAsked = true;
        await collect(Control.LiveControl([{ id: "2", name: "bench-lamp", switch: true }]));
      }
    };
    await assert.rejects(watch(), { code: Status.CANCELLED });
  },

  async "A schedule replaces the one before as a whole, or not at all"({ services }) {
    const { Schedules } = services;
    const entry = { minute_of_day: 390, name: "desk-lamp", on: true, setting: 60 };
    const entries = [entry, { ...entry, minute_of_day: 60 }, { ...entry, setting: 61 }];
    assert.deepEqual(await Schedules.UploadSchedule(entries), {
      entries: 2,
      devices: 1,
      replaced: 1,
    });
    const read = async () => (await Schedules.GetSchedule({ name: "" })).entries;
    const before = await read();
    assert.deepEqual(
      before.map(({ minute_of_day, setting }) => [minute_of_day, setting]),
      [[60, 60], [390, 61]],
    );
    await assert.rejects(Schedules.UploadSchedule([entry, { ...entry, minute_of_day: 1440 }]), {
      code: Status.INVALID_ARGUMENT,
    });
    assert.deepEqual(await read(), before);
  },

  async "Each command is acknowledged before the next one is sent"({ services: { Control } }) {
    const actions = [{ set: 50 }, { adjust: 25 }, { adjust: 50 }, {}] as const;
    let acknowledged = Promise.withResolvers<void>();
    async function* command() {
      for (const [index, action] of actions.entries()) {
        yield { id: String(index + 1), name: "rack-fan", ...action };
        await acknowledged.promise;
        acknowledged = Promise.withResolvers();
      }
      yield { id: "18446744073709551615", name: "toaster", switch: true };
    }
    const seen: unknown[] = [];
    for await (const { id, accepted, reason, device } of Control.LiveControl(command())) {
      seen.push([id, accepted, reason, device?.setting]);
      acknowledged.resolve();
    }
    const there = "bench-lamp, desk-lamp, extractor-fan, rack-fan, floor-heater, wall-heater";
    assert.deepEqual(seen, [
      ["1", true, "", 50],
      ["2", true, "", 75],
      ["3", false, 'setting is 125: "rack-fan" takes 0 to 100', 75],
      ["4", false, "the command has no action", 75],
      [
        "18446744073709551615",
        false,
        `There is no device "toaster": there are ${there}`,
        undefined,
      ],
    ]);
  },
});

Deno.test("examples/device_controller: call and stream reach all four services", async () => {
  await using server = await serveExample("device_controller");
  const call = async (method: string, data: string) => {
    const ran = await runBroker(["call", server.target, method, "-d", data, "-O", "jsonl"]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    return ran.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  const [device] = await call("SetDevice", '{"name": "desk-lamp", "on": true, "setting": 40}');
  assert.deepEqual([device.kind, device.on, device.setting], ["DEVICE_KIND_LAMP", true, 40]);
  const readings = await call("WatchTelemetry", '{"interval": "0.05s", "samples": 2}');
  assert.equal(readings.length, 12);
  const commands = '{"id": 1, "name": "rack-fan", "set": 50} {"id": 2, "name": "rack-fan"}';
  const acknowledgements = await call("LiveControl", commands);
  assert.deepEqual(acknowledgements.map(({ accepted }) => accepted), [true, undefined]);

  const csv = repositoryPath("examples/device_controller/schedule.csv");
  const flags = ["--method", "UploadSchedule", "-O", "jsonl"];
  const uploaded = await runBroker(["stream", csv, server.target, ...flags]);
  assert.equal(uploaded.exitCode, 0, uploaded.stderr);
  assert.deepEqual(JSON.parse(uploaded.stdout), { entries: 9, devices: 3, replaced: 0 });
  const [{ entries }] = await call("GetSchedule", '{"name": "floor-heater"}');
  assert.deepEqual(
    entries.map((entry: { minuteOfDay: number }) => entry.minuteOfDay),
    [360, 480, 1380],
  );
});
