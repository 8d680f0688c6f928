import assert from "node:assert/strict";
import { nearestName } from "../../schema/mod.ts";

const NAMES = ["id", "sensor1", "sensor2", "temperature"];

const CASES = [
  { title: "a letter left out", name: "sensr2", nearest: "sensor2" },
  { title: "two neighbours swapped", name: "tempreature", nearest: "temperature" },
  { title: "another case", name: "SENSOR1", nearest: "sensor1" },
  { title: "one slip in a short name", name: "ix", nearest: "id" },
  { title: "two slips in a short name", name: "xyz", nearest: undefined },
  { title: "another word", name: "pressure_hpa", nearest: undefined },
];

for (const { title, name, nearest } of CASES) {
  Deno.test(`nearestName() judges ${title}`, () => {
    assert.equal(nearestName(name, NAMES), nearest);
  });
}
