import assert from "node:assert/strict";
import { planColumns } from "../../tabular/mod.ts";
import {
  EVENT,
  PLAN_FAILURES,
  type PlanOptions,
  SIMILAR,
  TWO_LISTS,
  WINDOW,
} from "./column_plan_failures.ts";
import { MEASUREMENT, TICK } from "./support.ts";

function plan(options: PlanOptions) {
  return planColumns({
    header: undefined,
    columnCount: options.header?.length ?? 0,
    source: "t.csv",
    ...options,
  });
}

interface Good extends PlanOptions {
  readonly name: string;
  readonly targets: readonly (string | undefined)[];
}

const GOOD: readonly Good[] = [
  {
    name: "exact names in any order",
    message: MEASUREMENT,
    header: ["sensor2", "id", "sensor1"],
    targets: ["sensor2", "id", "sensor1"],
  },
  {
    name: "names that differ in case, underscores, hyphens and blanks",
    message: MEASUREMENT,
    header: ["ID", "Sensor 1", "sensor-2"],
    targets: ["id", "sensor1", "sensor2"],
  },
  {
    name: "an exact name before a similar one",
    message: SIMILAR,
    header: ["foo_bar", "fooBar"],
    targets: ["foo_bar", "fooBar"],
  },
  {
    name: "paths",
    message: TICK,
    header: [
      "position.latitude",
      "stations[0].no2",
      "stations[0].position.longitude",
      "labels[colour]",
    ],
    targets: [
      "position.latitude",
      "stations[0].no2",
      "stations[0].position.longitude",
      "labels[colour]",
    ],
  },
  {
    name: "paths with dots for indexes and keys, and other spellings",
    message: TICK,
    header: ["Stations.0.NO2", "labels.colour", "Position.Latitude"],
    targets: ["stations[0].no2", "labels[colour]", "position.latitude"],
  },
  { name: "a whole list", message: TICK, header: ["samples"], targets: ["samples"] },
  { name: "a Timestamp", message: EVENT, header: ["At", "text"], targets: ["at", "text"] },
  {
    name: "the parts of a Timestamp",
    message: EVENT,
    header: ["at.seconds", "at.nanos"],
    targets: ["at.seconds", "at.nanos"],
  },
  {
    name: "--map by name",
    message: MEASUREMENT,
    header: ["Row No", "t"],
    map: ["row_no=id", "t = sensor1"],
    targets: ["id", "sensor1"],
  },
  {
    name: "--map by number",
    message: MEASUREMENT,
    header: ["x", "y"],
    map: ["1=sensor2", "2=id"],
    targets: ["sensor2", "id"],
  },
  {
    name: "--map of a column that is called 2",
    message: MEASUREMENT,
    header: ["2", "id"],
    map: ["2=sensor1"],
    targets: ["sensor1", "id"],
  },
  {
    name: "--map of a column with an equals sign",
    message: MEASUREMENT,
    header: ["a=b"],
    map: ["a=b=id"],
    targets: ["id"],
  },
  {
    name: "--map that leaves a column out",
    message: MEASUREMENT,
    header: ["id", "note"],
    map: ["note="],
    targets: ["id", undefined],
  },
  {
    name: "numbered columns called after a list",
    message: WINDOW,
    header: ["samples_1", "samples_0", "machine"],
    targets: ["samples[1]", "samples[0]", "machine"],
  },
  {
    name: "numbered columns and the only list that is free, in numeric order",
    message: WINDOW,
    header: ["machine", "v10", "v9", "v2", "cycle"],
    targets: ["machine", "samples[2]", "samples[1]", "samples[0]", "cycle"],
  },
  {
    name: "a numbered series of --map",
    message: TWO_LISTS,
    header: ["a1", "a2", "b1"],
    map: ["a*=right", "b*=left"],
    targets: ["right[0]", "right[1]", "left[0]"],
  },
  {
    name: "no header",
    message: MEASUREMENT,
    columnCount: 3,
    targets: ["id", "sensor1", "sensor2"],
  },
  {
    name: "no header, and --map for some",
    message: MEASUREMENT,
    columnCount: 3,
    map: ["1=sensor2"],
    targets: ["sensor2", "id", "sensor1"],
  },
  {
    name: "no header, and --map for all",
    message: MEASUREMENT,
    columnCount: 2,
    map: ["2=id", "1="],
    targets: [undefined, "id"],
  },
  {
    name: "no header, and a list that takes the rest",
    message: WINDOW,
    columnCount: 5,
    targets: ["machine", "cycle", "samples[0]", "samples[1]", "samples[2]"],
  },
  {
    name: "no header, and a list in one cell",
    message: WINDOW,
    columnCount: 3,
    targets: ["machine", "cycle", "samples"],
  },
];

for (const { name, targets, ...options } of GOOD) {
  Deno.test(`planColumns() maps ${name}`, () => {
    assert.deepEqual(plan(options).columns.map(({ target }) => target?.text), targets);
  });
}

Deno.test('planColumns() leaves out all columns that fit no field with "*="', () => {
  const header = ["weight", "id", "note", "t"];
  const { columns } = plan({ message: MEASUREMENT, header, map: ["t=sensor2", "*="] });
  assert.deepEqual(
    columns.map(({ target }) => target?.text),
    [undefined, "id", undefined, "sensor2"],
  );
});

for (const { name, error, ...options } of PLAN_FAILURES) {
  Deno.test(`planColumns() rejects ${name}`, () => {
    assert.throws(() => plan(options), { name: "TabularError", message: error });
  });
}

Deno.test("planColumns() names the line of a header that comes late", () => {
  assert.throws(
    () => plan({ message: MEASUREMENT, header: ["x"], headerLine: 3 }),
    (error) =>
      error instanceof Error && error.message.startsWith('Cannot map "t.csv" line 3 column 1'),
  );
});

Deno.test("planColumns() labels columns for messages", () => {
  const labels = plan({ message: MEASUREMENT, header: ["id", " "], map: ["2="] }).columns
    .map(({ label }) => label);
  assert.deepEqual(labels, ["column 1 (id)", "column 2"]);
});
