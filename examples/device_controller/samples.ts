// What client.ts sends and server_test.ts tests with. This file is yours: change it as you like.
import type {
  CommandInit,
  GetDeviceRequestInit,
  GetScheduleRequestInit,
  ListDevicesRequestInit,
  ScheduleEntryInit,
  SetDeviceRequestInit,
  WatchTelemetryRequestInit,
} from "./gen/device_controller.ts";

export const ListDevicesRequest: ListDevicesRequestInit = { kind: "DEVICE_KIND_LAMP" };

export const GetDeviceRequest: GetDeviceRequestInit = { name: "desk-lamp" };

export const SetDeviceRequest: SetDeviceRequestInit = { name: "desk-lamp", on: true, setting: 70 };

export const WatchTelemetryRequest: WatchTelemetryRequestInit = {
  names: ["desk-lamp", "floor-heater"],
  interval: { seconds: "0", nanos: 20_000_000 },
  samples: 2,
};

export const ScheduleEntry: ScheduleEntryInit = {
  minute_of_day: 390,
  name: "desk-lamp",
  on: true,
  setting: 60,
};

export const GetScheduleRequest: GetScheduleRequestInit = { name: "desk-lamp" };

export const Command: CommandInit = { id: "1", name: "rack-fan", switch: true };
