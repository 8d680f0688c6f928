// Tests of the simulated devices, with a clock of their own.
import assert from "node:assert/strict";
import test from "node:test";
import { Status } from "./gen/runtime/rpc.ts";
import { Lab } from "./lab.ts";

const HOUR_MS = 3_600_000;

/** A lab at midnight, and a way to let time pass. */
function labAt(startMs = 0) {
  let nowMs = startMs;
  const lab = new Lab(() => nowMs);
  return { lab, pass: (ms: number) => nowMs += ms };
}

test("A heater warms up slowly and cools down once it is off", () => {
  const { lab, pass } = labAt();
  lab.set("floor-heater", { on: true, setting: 25 });
  const readings = [lab.get("floor-heater").reading];
  pass(HOUR_MS / 12);
  readings.push(lab.get("floor-heater").reading);
  pass(HOUR_MS);
  readings.push(lab.get("floor-heater").reading);
  lab.set("floor-heater", { on: false });
  pass(2 * HOUR_MS);
  readings.push(lab.get("floor-heater").reading);
  assert.deepEqual(readings.map((reading) => Math.round(reading * 10) / 10), [17, 20.1, 25, 17]);
});

test("What a change leaves out stays as it is", () => {
  const { lab } = labAt();
  lab.set("desk-lamp", { setting: 33 });
  const { on, setting } = lab.set("desk-lamp", { on: true });
  assert.deepEqual({ on, setting }, { on: true, setting: 33 });
});

test("A setting that a device does not have changes nothing", () => {
  const { lab } = labAt();
  for (const setting of [-1, 101, NaN]) {
    assert.throws(() => lab.set("desk-lamp", { on: true, setting }), {
      code: Status.INVALID_ARGUMENT,
      message: `setting is ${setting}: "desk-lamp" takes 0 to 100`,
    });
  }
  assert.equal(lab.get("desk-lamp").on, false);
});

test("The schedule is carried out while nobody looks, in the order of the day", () => {
  const { lab, pass } = labAt(5 * HOUR_MS);
  lab.replaceSchedule([
    { minute_of_day: 7 * 60, name: "rack-fan", on: false, setting: 10 },
    { minute_of_day: 6 * 60, name: "rack-fan", on: true, setting: 90 },
  ]);
  pass(HOUR_MS - 1);
  assert.equal(lab.get("rack-fan").on, false);
  pass(1);
  assert.deepEqual([lab.get("rack-fan").on, lab.get("rack-fan").setting], [true, 90]);
  pass(HOUR_MS);
  assert.deepEqual([lab.get("rack-fan").on, lab.get("rack-fan").setting], [false, 10]);
  pass(365 * 24 * HOUR_MS);
  assert.deepEqual([lab.get("rack-fan").on, lab.get("rack-fan").setting], [false, 10]);
});

test("A device that is off takes no power, one that is on takes some", () => {
  const { lab } = labAt();
  assert.equal(lab.measure("wall-heater").watts, 0);
  lab.set("wall-heater", { on: true });
  assert.equal(lab.measure("wall-heater").watts, 1500);
});
