import type { Device, DeviceKind, ScheduleEntry } from "./gen/device_controller.ts";
import { RpcError, Status } from "./gen/runtime/rpc.ts";

/** How devices of a kind behave. */
interface Behaviour {
  readonly minimum: number;
  readonly maximum: number;
  /** What is measured while the device is off, in the unit of its setting. */
  readonly rest: number;
  /** Time after which two thirds of a change are done, in ms. */
  readonly inertiaMs: number;
  /** Power taken while it is on, in watts. */
  watts(setting: number, reading: number): number;
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  DEVICE_KIND_LAMP: {
    minimum: 0,
    maximum: 100,
    rest: 0,
    inertiaMs: 20,
    watts: (setting) => setting * 9 / 100,
  },
  DEVICE_KIND_FAN: {
    minimum: 0,
    maximum: 100,
    rest: 0,
    inertiaMs: 2_000,
    watts: (setting) => 2 + setting * 4 / 10,
  },
  DEVICE_KIND_HEATER: {
    minimum: 5,
    maximum: 30,
    rest: 17,
    inertiaMs: 600_000,
    watts: (setting, reading) => reading < setting ? 1_500 : 5,
  },
};

/** What the lab has when it starts. */
const DEVICES: readonly (readonly [name: string, kind: DeviceKind, setting: number])[] = [
  ["bench-lamp", "DEVICE_KIND_LAMP", 80],
  ["desk-lamp", "DEVICE_KIND_LAMP", 60],
  ["extractor-fan", "DEVICE_KIND_FAN", 40],
  ["rack-fan", "DEVICE_KIND_FAN", 70],
  ["floor-heater", "DEVICE_KIND_HEATER", 21],
  ["wall-heater", "DEVICE_KIND_HEATER", 19],
];

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** What may be changed of a device. */
export interface Change {
  readonly on?: boolean | undefined;
  readonly setting?: number | undefined;
}

/** What a device measures, and what it takes. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly watts: number;
}

/** A device and when its reading was worked out. */
interface Simulated {
  device: Device;
  atMs: number;
}

/**
 * Simulated devices. Nothing runs in between: a reading, and what the schedule did meanwhile, are worked out when
 * somebody looks.
 */
export class Lab {
  readonly #devices = new Map<string, Simulated>();
  readonly #now: () => number;
  #schedule: readonly ScheduleEntry[] = [];
  #scheduledUntilMs: number;

  /** @param now The time of the day, as ms since the beginning of 1970. */
  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#scheduledUntilMs = now();
    for (const [name, kind, setting] of DEVICES) {
      const reading = behaviourOf(kind).rest;
      this.#devices.set(name, {
        device: { name, kind, on: false, setting, reading },
        atMs: now(),
      });
    }
  }

  /** All devices as they are now. */
  list(): Device[] {
    this.#followSchedule();
    return [...this.#devices.values()].map((simulated) => this.#advance(simulated, this.#now()));
  }

  /** @throws RpcError `NOT_FOUND` */
  get(name: string): Device {
    this.#followSchedule();
    return this.#advance(this.#find(name), this.#now());
  }

  /** @throws RpcError `NOT_FOUND`, `INVALID_ARGUMENT` for a setting that the device does not have */
  set(name: string, change: Change): Device {
    this.#followSchedule();
    return this.#apply(name, change, this.#now());
  }

  /** @throws RpcError `NOT_FOUND` */
  measure(name: string): Measured {
    const { kind, on, setting, reading } = this.get(name);
    const watts = on ? behaviourOf(kind).watts(setting, reading) : 0;
    return { name, value: reading, watts };
  }

  /** The entries of the schedule, in the order of the day. */
  get schedule(): readonly ScheduleEntry[] {
    return this.#schedule;
  }

  /** Replaces the schedule. The entries are checked: see `check()`. */
  replaceSchedule(entries: readonly ScheduleEntry[]): void {
    this.#followSchedule();
    this.#schedule = entries.toSorted((one, other) => one.minute_of_day - other.minute_of_day);
  }

  /** @throws RpcError `NOT_FOUND`, `INVALID_ARGUMENT` */
  check({ minute_of_day: minute, name, setting }: ScheduleEntry): void {
    if (minute >= DAY_MINUTES) {
      throw invalid(`minute_of_day is ${minute}: a day has the minutes 0 to ${DAY_MINUTES - 1}`);
    }
    checkSetting(this.#find(name).device, setting);
  }

  #find(name: string): Simulated {
    const simulated = this.#devices.get(name);
    if (simulated !== undefined) return simulated;
    const names = [...this.#devices.keys()].join(", ");
    throw new RpcError(Status.NOT_FOUND, `There is no device "${name}": there are ${names}`);
  }

  #apply(name: string, { on, setting }: Change, atMs: number): Device {
    const simulated = this.#find(name);
    const device = this.#advance(simulated, atMs);
    if (setting !== undefined) checkSetting(device, setting);
    simulated.device = { ...device, on: on ?? device.on, setting: setting ?? device.setting };
    return simulated.device;
  }

  /** A reading nears what the device is set to, the faster the further it is away. */
  #advance(simulated: Simulated, atMs: number): Device {
    const { device } = simulated;
    const { rest, inertiaMs } = behaviourOf(device.kind);
    const aim = device.on ? device.setting : rest;
    const left = Math.exp((simulated.atMs - atMs) / inertiaMs);
    simulated.atMs = atMs;
    simulated.device = { ...device, reading: aim + (device.reading - aim) * left };
    return simulated.device;
  }

  /** Carries out what was due since somebody last looked; of more than a day, the last day. */
  #followSchedule(): void {
    const now = this.#now();
    const since = Math.max(this.#scheduledUntilMs, now - DAY_MINUTES * MINUTE_MS);
    const from = Math.floor(since / MINUTE_MS);
    this.#scheduledUntilMs = now;
    for (let minute = from + 1; this.#schedule.length > 0 && minute * MINUTE_MS <= now; minute++) {
      for (const { minute_of_day, name, on, setting } of this.#schedule) {
        if (minute_of_day !== minute % DAY_MINUTES) continue;
        this.#apply(name, { on, setting }, minute * MINUTE_MS);
      }
    }
  }
}

function behaviourOf(kind: Device["kind"]): Behaviour {
  return BEHAVIOURS[kind];
}

function checkSetting({ name, kind }: Device, setting: number): void {
  const { minimum, maximum } = behaviourOf(kind);
  // NaN is in no range.
  if (setting >= minimum && setting <= maximum) return;
  throw invalid(`setting is ${setting}: "${name}" takes ${minimum} to ${maximum}`);
}

function invalid(message: string): RpcError {
  return new RpcError(Status.INVALID_ARGUMENT, message);
}
