// The handlers of device_controller.proto. This file is yours: broker scaffold adds new methods and changes nothing else.
import type {
  Acknowledgement,
  Command,
  ControlHandlers,
  DevicesHandlers,
  ScheduleEntry,
  SchedulesHandlers,
  TelemetryHandlers,
} from "./gen/device_controller.ts";
import { RpcError, Status } from "./gen/runtime/rpc.ts";
import { type Change, Lab } from "./lab.ts";
import * as services from "./server.ts";
import { dueTimes, intervalMs, toTimestamp } from "./time.ts";

/** Entries that a schedule may have: a change each minute of a day. */
const MAX_ENTRIES = 24 * 60;

const lab = new Lab();

/** What the home lab is made of. */
export const Devices: DevicesHandlers = {
  /**
   * All devices with their state, or those of one kind.
   *
   * `rpc ListDevices(homelab.v1.ListDevicesRequest) returns (homelab.v1.ListDevicesResponse)`
   */
  ListDevices({ kind }) {
    const isWanted = (device: { readonly kind: unknown }) =>
      kind === "DEVICE_KIND_UNSPECIFIED" || device.kind === kind;
    return { devices: lab.list().filter(isWanted) };
  },

  /**
   * One device; NOT_FOUND where there is none of that name.
   *
   * `rpc GetDevice(homelab.v1.GetDeviceRequest) returns (homelab.v1.Device)`
   */
  GetDevice({ name }) {
    return lab.get(name);
  },

  /**
   * Changes what is given and leaves the rest as it is; returns the device as it is then.
   *
   * `rpc SetDevice(homelab.v1.SetDeviceRequest) returns (homelab.v1.Device)`
   */
  SetDevice({ name, on, setting }) {
    return lab.set(name, { on, setting });
  },
};

/** What the devices measure. */
export const Telemetry: TelemetryHandlers = {
  /**
   * The readings of the devices at an interval, the first at once, until the client cancels or `samples` are sent.
   *
   * `rpc WatchTelemetry(homelab.v1.WatchTelemetryRequest) returns (stream homelab.v1.Reading)`
   */
  async *WatchTelemetry({ names, interval, samples }, call) {
    const watched = names.length > 0 ? names : lab.list().map(({ name }) => name);
    const schedule = dueTimes(intervalMs(interval), call.signal);
    let sample = 0;
    for await (const timeMs of schedule) {
      const time = toTimestamp(timeMs);
      for (const name of watched) yield { ...lab.measure(name), time };
      sample++;
      if (sample === samples) return;
    }
  },
};

/** What the devices do at what time of the day. */
export const Schedules: SchedulesHandlers = {
  /**
   * Replaces the schedule by the entries of the stream: all of them or, if one is wrong, none.
   *
   * `rpc UploadSchedule(stream homelab.v1.ScheduleEntry) returns (homelab.v1.ScheduleSummary)`
   */
  async UploadSchedule(requests) {
    const entries = new Map<string, ScheduleEntry>();
    let received = 0;
    for await (const entry of requests) {
      received++;
      lab.check(entry);
      entries.set(`${entry.minute_of_day} ${entry.name}`, entry);
      if (entries.size > MAX_ENTRIES) {
        throw new RpcError(
          Status.RESOURCE_EXHAUSTED,
          `A schedule has at most ${MAX_ENTRIES} entries`,
        );
      }
    }
    lab.replaceSchedule([...entries.values()]);
    return {
      entries: entries.size,
      devices: new Set([...entries.values()].map(({ name }) => name)).size,
      replaced: received - entries.size,
    };
  },

  /**
   * What was uploaded last, in the order of the day.
   *
   * `rpc GetSchedule(homelab.v1.GetScheduleRequest) returns (homelab.v1.GetScheduleResponse)`
   */
  GetSchedule({ name }) {
    return { entries: lab.schedule.filter((entry) => name === "" || entry.name === name) };
  },
};

/** Devices under a hand. */
export const Control: ControlHandlers = {
  /**
   * Carries out commands in their order and acknowledges each at once, those that are refused as well.
   *
   * `rpc LiveControl(stream homelab.v1.Command) returns (stream homelab.v1.Acknowledgement)`
   */
  async *LiveControl(commands) {
    for await (const command of commands) yield carryOut(command);
  },
};

function carryOut(command: Command): Acknowledgement {
  const { id, name } = command;
  try {
    const device = lab.set(name, changeOf(command));
    return { id, accepted: true, reason: "", device };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    const device = lab.list().find((device) => device.name === name) ?? null;
    return { id, accepted: false, reason: error.message, device };
  }
}

/** @throws RpcError for a command without an action */
function changeOf(command: Command): Change {
  switch (command.action) {
    case "switch":
      return { on: command.switch };
    case "set":
      return { setting: command.set };
    case "adjust":
      return { setting: lab.get(command.name).setting + command.adjust };
    case undefined:
      throw new RpcError(Status.INVALID_ARGUMENT, "the command has no action");
  }
}

// Run as a program, this serves them with grpc-js; `broker serve` does without these lines.
if (import.meta.main) {
  import("./gen/standalone.ts").then(({ serve }) => serve(services));
}
