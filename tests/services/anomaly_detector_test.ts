import assert from "node:assert/strict";
import type { ServerCallContext } from "../../rpc/mod.ts";
import {
  type AnomalyDetectorOptions,
  type BrokerRequest,
  createAnomalyDetector,
  databrokerHandlers,
} from "../../services/anomaly_detector.ts";

/** Feeds one sensor and returns the indices of the readings that were found anomalous. */
function findAnomalies(
  readings: Iterable<number | undefined>,
  options?: AnomalyDetectorOptions,
): number[] {
  const detector = createAnomalyDetector(options);
  const found: number[] = [];
  let id = 0;
  for (const reading of readings) {
    const measurement: BrokerRequest = reading === undefined ? { id } : { id, sensor1: reading };
    if (detector.isAnomaly(measurement)) found.push(id);
    id++;
  }
  return found;
}

/** 19 and 21 in turn: mean 20, standard deviation a little above 1. */
function steady(count: number, level = 20): number[] {
  return Array.from({ length: count }, (_, index) => level + (index % 2 === 0 ? -1 : 1));
}

/** A plain two-pass reference: is the last reading more than 4 sample standard deviations from the ones before? */
function isBeyondFour(readings: readonly number[]): boolean {
  const past = readings.slice(0, -1);
  const mean = past.reduce((sum, reading) => sum + reading, 0) / past.length;
  const squares = past.reduce((sum, reading) => sum + (reading - mean) ** 2, 0);
  return Math.abs((readings.at(-1) ?? 0) - mean) > 4 * Math.sqrt(squares / (past.length - 1));
}

Deno.test("the detector judges from the 31st measurement on", () => {
  assert.deepEqual(findAnomalies([...steady(29), 1e6]), []);
  assert.deepEqual(findAnomalies([...steady(30), 1e6]), [30]);
  assert.deepEqual(findAnomalies([...steady(5), 1e6], { warmUp: 5 }), [5]);
});

Deno.test("the detector draws the line at 4 sample standard deviations", () => {
  const past = steady(30);
  const deviation = Math.sqrt(30 / 29);
  assert.deepEqual(findAnomalies([...past, 20 + 3.999 * deviation]), []);
  assert.deepEqual(findAnomalies([...past, 20 + 4.001 * deviation]), [30]);
  assert.deepEqual(findAnomalies([...past, 20 - 3.999 * deviation]), []);
  assert.deepEqual(findAnomalies([...past, 20 - 4.001 * deviation]), [30]);
  assert.deepEqual(findAnomalies([...past, 20 + 2.1 * deviation], { threshold: 2 }), [30]);
});

Deno.test("the detector agrees with a two-pass reference as long as nothing is anomalous", () => {
  const readings = Array.from({ length: 500 }, (_, index) => 1e6 + Math.sin(index * index) * 3);
  assert.deepEqual(findAnomalies(readings), []);
  for (const size of [31, 100, 499]) {
    for (const offset of [5, 7, 8, 8.3, 8.6, 9, 12]) {
      const some = [...readings.slice(0, size), 1e6 + offset];
      assert.equal(findAnomalies(some).length > 0, isBeyondFour(some), `${size} ${offset}`);
    }
  }
});

Deno.test("each sensor has statistics of its own, and any of them makes an anomaly", () => {
  for (const sensor of ["sensor1", "sensor2", "sensor3", "sensor4"]) {
    const detector = createAnomalyDetector();
    for (let id = 0; id < 40; id++) {
      const sway = id % 2;
      const measurement = {
        id,
        sensor1: sway,
        sensor2: 50 + sway,
        sensor3: -9 + sway,
        sensor4: sway,
      };
      assert.equal(detector.isAnomaly(measurement), false);
    }
    const normal = { id: 40, sensor1: 0, sensor2: 50, sensor3: -9, sensor4: 1 };
    assert.equal(detector.isAnomaly({ ...normal, [sensor]: 25 }), true, sensor);
    assert.equal(detector.isAnomaly(normal), false);
  }
});

Deno.test("an anomalous reading leaves no trace in the statistics", () => {
  const readings = [...steady(100), 3.4e38, ...steady(100), 26];
  assert.deepEqual(findAnomalies(readings), [100, 201]);
});

Deno.test("a sensor that never moved finds every other value anomalous", () => {
  const constant = new Array<number>(40).fill(0.1);
  assert.deepEqual(findAnomalies([...constant, ...constant]), []);
  assert.deepEqual(findAnomalies([...constant, 0.2, 0.1, 0.1]), [40]);
});

Deno.test("a lasting change is normal after 30 anomalies and a new warm-up", () => {
  const step = Array.from({ length: 30 }, (_, index) => 100 + index);
  assert.deepEqual(findAnomalies([...steady(100), ...steady(200, 40), 20]), [...step, 300]);
  const constant = new Array<number>(100).fill(5);
  const moved = new Array<number>(200).fill(6);
  assert.deepEqual(findAnomalies([...constant, ...moved]), step);
});

Deno.test("a sensor that begins to switch to and fro is soon learnt", () => {
  const switching = Array.from({ length: 1_000 }, (_, index) => index % 2);
  const found = findAnomalies([...new Array<number>(100).fill(0), ...switching]);
  assert.ok(found.length > 0 && found.length <= 33, `${found.length} anomalies`);
});

Deno.test("outliers of up to one in twenty stay anomalous for ever", () => {
  const readings = steady(20_000).map((reading, index) =>
    index % 20 === 19 && index > 30 ? 90 : reading
  );
  const expected = readings.flatMap((reading, index) => reading === 90 ? [index] : []);
  assert.deepEqual(findAnomalies(readings), expected);
});

Deno.test("NaN and missing readings are neither anomalous nor counted", () => {
  for (const nothing of [NaN, undefined]) {
    assert.deepEqual(findAnomalies([...steady(29), nothing, nothing, 1e6]), []);
    assert.deepEqual(findAnomalies([nothing, ...steady(30), nothing, 1e6, nothing]), [32]);
  }
});

Deno.test("Infinity is anomalous after the warm-up, and never learnt", () => {
  const endless = new Array<number>(100).fill(-Infinity);
  assert.deepEqual(findAnomalies([Infinity, ...steady(30), Infinity, 21, 30]), [31, 33]);
  assert.deepEqual(findAnomalies(endless), []);
  assert.deepEqual(findAnomalies([...steady(30), ...endless, 21, 30]).length, 101);
});

Deno.test("nothing in the warm-up spoils the statistics for longer than twice the memory", () => {
  const rows: [name: string, outliers: number[]][] = [
    ["a glitch", [9_999]],
    ["the largest float", [3.4e38, -3.4e38]],
    ["what overflows the variance", [1e200]],
    ["what overflows the mean", [1.7e308, -1.7e308]],
  ];
  for (const [name, outliers] of rows) {
    const readings = [...outliers, ...steady(2_000), 30];
    assert.deepEqual(findAnomalies(readings, { memory: 1_000 }), [readings.length - 1], name);
  }
});

Deno.test("what comes after a forgotten past is judged without a new warm-up", () => {
  const readings = [...steady(2_000), 30, ...steady(5_000), 30];
  assert.deepEqual(findAnomalies(readings, { memory: 1_000 }), [2_000, 7_001]);
});

Deno.test("createAnomalyDetector() refuses options out of range", () => {
  const rows: AnomalyDetectorOptions[] = [
    { warmUp: 1 },
    { warmUp: 2.5 },
    { threshold: 0 },
    { threshold: NaN },
    { memory: 29 },
  ];
  for (const options of rows) assert.throws(() => createAnomalyDetector(options), RangeError);
});

/** The model looks at nothing of its call. */
const UNUSED_CALL = {} as ServerCallContext;

Deno.test("databrokerHandlers answers each measurement at once and in order, per call", async () => {
  const asked: number[] = [];
  async function* requests(): AsyncGenerator<BrokerRequest> {
    for (let id = 100; id < 140; id++) {
      asked.push(id);
      yield { id, sensor1: id === 139 ? 1e9 : id % 2 };
    }
  }
  for (let call = 0; call < 2; call++) {
    const answers = databrokerHandlers.BidirectionalStreaming(requests(), UNUSED_CALL);
    for await (const { id, prediction } of answers) {
      assert.equal(asked.at(-1), id);
      assert.equal(prediction, id === 139);
    }
  }
  assert.equal(asked.length, 80);
});
