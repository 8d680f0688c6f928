import assert from "node:assert/strict";
import { generateSensorsCsv, INJECTED_ANOMALIES, ROW_COUNT } from "../dataset/generate.ts";
import { createAnomalyDetector } from "../services/anomaly_detector.ts";

Deno.test("dataset/sensors.csv is what the generator writes, byte for byte", async () => {
  const committed = await Deno.readTextFile(new URL("../dataset/sensors.csv", import.meta.url));
  assert.equal(committed, generateSensorsCsv());
});

Deno.test("the data set has a header and 2,000 rows of an id and four numbers", () => {
  const [header, ...rows] = generateSensorsCsv().trimEnd().split("\n");
  assert.equal(header, "id,sensor1,sensor2,sensor3,sensor4");
  assert.equal(rows.length, ROW_COUNT);
  assert.equal(ROW_COUNT, 2_000);
  for (const [index, row] of rows.entries()) {
    assert.match(row, /^\d+(,\d+\.\d+){4}$/);
    assert.ok(row.startsWith(`${index + 1},`), row);
  }
});

Deno.test("the default model finds exactly the injected anomalies", () => {
  const detector = createAnomalyDetector();
  const found = readMeasurements().filter((measurement) => detector.isAnomaly(measurement));
  assert.deepEqual(found.map(({ id }) => id), INJECTED_ANOMALIES.map(({ id }) => id));
});

Deno.test("the four signals of the data set are correlated", () => {
  const rows = readMeasurements();
  const flow = rows.map(({ sensor3 }) => sensor3);
  assert.ok(correlation(flow, rows.map(({ sensor1 }) => sensor1)) > 0.8);
  assert.ok(correlation(flow, rows.map(({ sensor2 }) => sensor2)) < -0.8);
  assert.ok(correlation(flow, rows.map(({ sensor4 }) => sensor4)) > 0.6);
});

/** The rows as they arrive at a server: the sensors are floats of 32 bits. */
function readMeasurements() {
  return generateSensorsCsv().trimEnd().split("\n").slice(1).map((row) => {
    const [id = NaN, ...sensors] = row.split(",").map(Number);
    const [sensor1 = NaN, sensor2 = NaN, sensor3 = NaN, sensor4 = NaN] = sensors.map(Math.fround);
    return { id, sensor1, sensor2, sensor3, sensor4 };
  });
}

/** Pearson's coefficient. */
function correlation(xs: readonly number[], ys: readonly number[]): number {
  const xMean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const yMean = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (const [index, x] of xs.entries()) {
    const y = ys[index] ?? NaN;
    xy += (x - xMean) * (y - yMean);
    xx += (x - xMean) ** 2;
    yy += (y - yMean) ** 2;
  }
  return xy / Math.sqrt(xx * yy);
}
