/**
 * Writes dataset/sensors.csv: one measurement a minute of a pump, from midnight on.
 *
 *     deno run -A dataset/generate.ts
 *
 * The output depends on nothing but this file, so that a test can compare it byte for byte.
 */

/** Rows of the data set: 33 hours and 20 minutes. */
export const ROW_COUNT = 2_000;

const SEED = 2026;
const MINUTES_PER_DAY = 1_440;
/** The load follows itself at this pace: a step of noise is felt for some ten minutes. */
const LOAD_MEMORY = 0.9;

/** What goes wrong, and with which measurement: an event of one minute that shows in one or more sensors. */
interface InjectedAnomaly {
  readonly id: number;
  readonly cause: string;
  /** Added to what the sensors would read. */
  readonly offsets: Partial<PumpReading>;
}

/** What the four sensors measure, in the order of the columns. */
interface PumpReading {
  /** sensor1, °C. */
  readonly temperature: number;
  /** sensor2, bar. */
  readonly pressure: number;
  /** sensor3, l/min. */
  readonly flow: number;
  /** sensor4, mm/s. */
  readonly vibration: number;
}

/** The injected anomalies, in the order of their rows. */
export const INJECTED_ANOMALIES: readonly InjectedAnomaly[] = [
  { id: 187, cause: "a bearing knocks", offsets: { vibration: 4.2 } },
  { id: 431, cause: "a valve shuts for a moment", offsets: { pressure: 2.6, flow: -62 } },
  { id: 702, cause: "the cooling fails", offsets: { temperature: 31 } },
  { id: 968, cause: "the pump draws air", offsets: { pressure: -2.9, flow: -71, vibration: 3.1 } },
  { id: 1213, cause: "the pressure sensor drops out", offsets: { pressure: -4.6 } },
  { id: 1444, cause: "a pipe bursts", offsets: { pressure: -3.4, flow: 140 } },
  { id: 1689, cause: "something hits the casing", offsets: { vibration: 6.7 } },
  { id: 1927, cause: "the motor overheats", offsets: { temperature: 36, vibration: 2.8 } },
];

/** Returns the whole file, header and final line feed included. */
export function generateSensorsCsv(): string {
  const noise = createNoise(SEED);
  const anomalies = new Map(INJECTED_ANOMALIES.map((anomaly) => [anomaly.id, anomaly]));
  const lines = ["id,sensor1,sensor2,sensor3,sensor4"];
  let drift = 0;
  for (let id = 1; id <= ROW_COUNT; id++) {
    drift = LOAD_MEMORY * drift + (1 - LOAD_MEMORY) * noise();
    const reading = readPump(loadAt(id) + 0.1 * drift, noise);
    lines.push(formatRow(id, reading, anomalies.get(id)?.offsets ?? {}));
  }
  return `${lines.join("\n")}\n`;
}

/** The load of the pump, 0 to 1: least at four in the morning, most at four in the afternoon. */
function loadAt(minute: number): number {
  return 0.5 - 0.4 * Math.cos((2 * Math.PI * (minute - 240)) / MINUTES_PER_DAY);
}

/** All four follow the load: that is what makes them correlated. */
function readPump(load: number, noise: () => number): PumpReading {
  return {
    temperature: 42 + 18 * load + 0.8 * noise(),
    pressure: 6.4 - 1.5 * load + 0.08 * noise(),
    flow: 80 + 60 * load + 2 * noise(),
    vibration: 1.2 + 0.9 * load + 0.12 * noise(),
  };
}

function formatRow(id: number, reading: PumpReading, offsets: Partial<PumpReading>): string {
  const { temperature, pressure, flow, vibration } = reading;
  return [
    id,
    (temperature + (offsets.temperature ?? 0)).toFixed(2),
    (pressure + (offsets.pressure ?? 0)).toFixed(3),
    (flow + (offsets.flow ?? 0)).toFixed(1),
    (vibration + (offsets.vibration ?? 0)).toFixed(3),
  ].join(",");
}

/**
 * Noise of mean 0 and variance 1, near to normal: the sum of twelve uniform numbers. It has no far tails, so that
 * nothing but what is injected looks odd.
 */
function createNoise(seed: number): () => number {
  const random = createRandom(seed);
  return () => {
    let sum = -6;
    for (let part = 0; part < 12; part++) sum += random();
    return sum;
  };
}

/** Uniform numbers from 0 to 1, exclusive. Source: mulberry32 by Tommy Ettinger. */
function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

if (import.meta.main) {
  const path = new URL("sensors.csv", import.meta.url);
  await Deno.writeTextFile(path, generateSensorsCsv());
}
