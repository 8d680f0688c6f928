import assert from "node:assert/strict";
import { describePlan, listUnsetFields, planColumns } from "../../tabular/mod.ts";
import { MEASUREMENT, record, TICK } from "./support.ts";

Deno.test("describePlan() shows columns, fields, types, an example and what is left", () => {
  const plan = planColumns({
    header: ["Row", "sensor1", "note"],
    columnCount: 3,
    message: MEASUREMENT,
    map: ["Row=id", "note="],
    source: "t.csv",
  });
  assert.equal(
    describePlan(plan, record(2, "17", "0.5", "x")),
    `test.Measurement from "t.csv"
#  column   field    type   example
1  Row      id       int32  17
2  sensor1  sensor1  float  0.5
left out: column 3 (note)
stays unset: sensor2
`,
  );
});

Deno.test("describePlan() does without a header and an example", () => {
  const plan = planColumns({ header: undefined, columnCount: 3, message: MEASUREMENT });
  assert.equal(
    describePlan(plan),
    `test.Measurement from "input"
#  column  field    type   example
1          id       int32
2          sensor1  float
3          sensor2  float
stays unset: nothing
`,
  );
});

Deno.test("describePlan() keeps an example on its line", () => {
  const plan = planColumns({ header: ["samples"], columnCount: 1, message: TICK });
  const text = describePlan(plan, record(2, `a\n${"x".repeat(500)}`));
  assert.match(text, /repeated float {2}a\\nx+… {2}\(not a value\)\n/);
});

Deno.test("listUnsetFields() enters messages that some column fills a part of", () => {
  const header = ["stations[0].no2", "position.latitude", "samples[0]"];
  const plan = planColumns({ header, columnCount: 3, message: TICK });
  assert.deepEqual(listUnsetFields(plan), [
    "observed_at",
    "position.longitude",
    "stations.station",
    "stations.position",
    "labels",
    "counts",
    "by_text",
    "by_number",
  ]);
});
