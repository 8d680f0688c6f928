import assert from "node:assert/strict";
import {
  type ColumnPlanOptions,
  createRowGrouper,
  planColumns,
  RowError,
  type RowGroup,
  type RowGrouperOptions,
  TabularError,
} from "../../tabular/mod.ts";
import { field, message, record, TICK, typeOf } from "./support.ts";

/** Parallel lists inside a message, as a whole data frame travels. */
const FRAME = message(
  "test.Frame",
  field("timestamp", "string", { cardinality: "repeated" }),
  field("load", "double", { cardinality: "repeated" }),
);
const REQUEST = message(
  "test.Request",
  field("history", typeOf(FRAME)),
  field("horizon", "int32"),
);

type Row = readonly [line: number, ...cells: string[]];

function grouperFor(
  options: Partial<ColumnPlanOptions> & Pick<ColumnPlanOptions, "header" | "groupBy">,
  limits: RowGrouperOptions = {},
) {
  const columnCount = options.header?.length ?? 0;
  const plan = planColumns({ message: TICK, source: "t.csv", columnCount, ...options });
  return createRowGrouper(plan, limits);
}

/** The groups, with the lines of their rows, and the messages of what was refused. */
function groupAll(grouper: ReturnType<typeof grouperFor>, rows: readonly Row[]) {
  const groups: { message: unknown; lines: number[] }[] = [];
  const errors: string[] = [];
  const keep = (group: RowGroup | undefined) => {
    if (group === undefined) return;
    groups.push({ message: group.message, lines: group.records.map(({ line }) => line) });
  };
  for (const [line, ...cells] of rows) {
    try {
      keep(grouper.push(record(line, ...cells)));
    } catch (error) {
      assert.ok(error instanceof RowError, String(error));
      errors.push(error.message);
    }
  }
  keep(grouper.finish());
  assert.equal(grouper.finish(), undefined);
  return { groups, errors };
}

Deno.test("push() makes one message of consecutive rows, and says which rows it is made of", () => {
  const header = ["Observed At", "station", "no2", "stations.position.latitude"];
  const grouper = grouperFor({ header, groupBy: "observed_at" });
  const { groups, errors } = groupAll(grouper, [
    [2, "10:00", "a", "1.5", "50"],
    [3, "10:00", "b", "", ""],
    [4, "11:00", "a", "2", ""],
    [5, "10:00", "c", "3", ""],
  ]);
  assert.deepEqual(errors, []);
  assert.deepEqual(groups, [
    {
      lines: [2, 3],
      message: {
        observed_at: "10:00",
        stations: [{ station: "a", position: { latitude: 50 }, no2: 1.5 }, { station: "b" }],
      },
    },
    { lines: [4], message: { observed_at: "11:00", stations: [{ station: "a", no2: 2 }] } },
    { lines: [5], message: { observed_at: "10:00", stations: [{ station: "c", no2: 3 }] } },
  ]);
});

Deno.test("push() groups by a column that is no field, or that is left out", () => {
  const rows: Row[] = [[2, "1", "a"], [3, "1", "b"], [4, "2", "c"]];
  for (const options of [{}, { map: ["batch="] }]) {
    const grouper = grouperFor({ header: ["batch", "station"], groupBy: "batch", ...options });
    assert.deepEqual(groupAll(grouper, rows).groups.map(({ lines }) => lines), [[2, 3], [4]]);
  }
});

Deno.test("push() makes parallel lists of all rows, and adds what is the same in all", () => {
  const grouper = grouperFor({
    message: REQUEST,
    header: ["timestamp", "load"],
    groupBy: "*",
    defaults: ["horizon=24"],
  });
  const { groups } = groupAll(grouper, [[2, "a;b", "1"], [3, "c", "2"]]);
  assert.deepEqual(groups, [
    { lines: [2, 3], message: { history: { timestamp: ["a;b", "c"], load: [1, 2] }, horizon: 24 } },
  ]);
});

Deno.test("push() folds numbered columns into a list of the element", () => {
  const window = message(
    "test.Window",
    field("phase", "string"),
    field("samples", "float", { cardinality: "repeated" }),
  );
  const batch = message(
    "test.Batch",
    field("id", "int32"),
    field("windows", typeOf(window), { cardinality: "repeated" }),
  );
  const grouper = grouperFor({
    message: batch,
    header: ["id", "phase", "v1", "v0"],
    groupBy: "id",
  });
  const { groups } = groupAll(grouper, [[2, "1", "x", "2", "1"], [3, "1", "y", "4", "3"]]);
  assert.deepEqual(groups.map((group) => group.message), [
    { id: 1, windows: [{ phase: "x", samples: [1, 2] }, { phase: "y", samples: [3, 4] }] },
  ]);
});

Deno.test("push() leaves a bad row out and nothing of it in the message", () => {
  const header = ["observed_at", "station", "no2"];
  const { groups, errors } = groupAll(grouperFor({ header, groupBy: "1" }), [
    [2, "10:00", "a", "1"],
    [3, "10:00", "b", "x"],
    [4, "10:00", "c", "3"],
    [5, "11:00", "d", "x"],
    [6, "10:00", "e", "5"],
  ]);
  assert.deepEqual(errors, [
    'Cannot read "t.csv" line 3 column 3 (no2): "x" is not a float',
    'Cannot read "t.csv" line 5 column 3 (no2): "x" is not a float',
  ]);
  assert.deepEqual(groups.map(({ lines }) => lines), [[2, 4], [6]]);
  assert.deepEqual(groups[0]?.message, {
    observed_at: "10:00",
    stations: [{ station: "a", no2: 1 }, { station: "c", no2: 3 }],
  });
});

Deno.test("push() refuses a row that says otherwise than the others of its message", () => {
  const header = ["observed_at", "position.latitude", "station"];
  const { groups, errors } = groupAll(grouperFor({ header, groupBy: "1" }), [
    [2, "10:00", "", "a"],
    [3, "10:00", "50", "b"],
    [4, "10:00", "51", "c"],
    [5, "10:00", "", "d"],
  ]);
  assert.deepEqual(errors, [
    'Cannot read "t.csv" line 4 column 2 (position.latitude): "51" is "50" in line 3, but both ' +
    "rows are of one message",
  ]);
  assert.deepEqual(groups.map(({ lines }) => lines), [[2, 3, 5]]);
  assert.deepEqual(groups[0]?.message, {
    observed_at: "10:00",
    position: { latitude: 50 },
    stations: [{ station: "a" }, { station: "b" }, { station: "d" }],
  });
});

Deno.test("push() refuses a gap in a list of values, which would shift it against others", () => {
  const grouper = grouperFor({ message: REQUEST, header: ["timestamp", "load"], groupBy: "*" });
  const { groups, errors } = groupAll(grouper, [[2, "a", "1"], [3, "b", ""], [4, "c", "3"]]);
  assert.deepEqual(errors, [
    'Cannot read "t.csv" line 4 column 2 (load): "history.load" has a value, but a row before it ' +
    "in the same message (line 3) has none",
  ]);
  assert.deepEqual(groups[0]?.message, { history: { timestamp: ["a", "b"], load: [1] } });
});

Deno.test("push() ends the input at a group that grows without end", async (t) => {
  const limits = {
    "rows": [
      { maxGroupRows: 3 },
      'Cannot group "t.csv" line 5 by column 1 (observed_at): ' +
      "the message that begins on line 2 would have more than 3 rows",
    ],
    "characters": [
      { maxGroupChars: 12 },
      'Cannot group "t.csv" line 4 by column 1 (observed_at): ' +
      "the message that begins on line 2 would have more than 12 characters",
    ],
  } as const;
  for (const [name, [options, error]] of Object.entries(limits)) {
    await t.step(name, () => {
      const grouper = grouperFor({ header: ["observed_at", "station"], groupBy: "1" }, options);
      assert.throws(() => {
        for (let line = 2; line < 100; line++) grouper.push(record(line, "10:00", "a"));
      }, (thrown) => {
        assert.ok(thrown instanceof TabularError && !(thrown instanceof RowError));
        assert.equal(thrown.message, error);
        return true;
      });
    });
  }
});

Deno.test("push() counts the bad rows of a group, and says when the group is over", () => {
  const grouper = grouperFor({ header: ["observed_at", "station"], groupBy: "1" }, {
    maxGroupRows: 3,
  });
  const isBad = (line: number, ...cells: string[]) =>
    assert.throws(() => grouper.push(record(line, ...cells)), { name: "RowError" });
  isBad(2, "9:00");
  assert.equal(grouper.isOpen, false);
  grouper.push(record(3, "10:00", "a"));
  isBad(4, "10:00");
  assert.equal(grouper.isOpen, true);
  isBad(5, "11:00");
  assert.equal(grouper.isOpen, false);
  assert.equal(grouper.finish()?.records.length, 1);
  grouper.push(record(6, "10:00", "a"));
  for (let line = 7; line < 10; line++) isBad(line, "10:00");
  assert.throws(() => grouper.push(record(10, "10:00")), {
    name: "TabularError",
    message: 'Cannot group "t.csv" line 10 by column 1 (observed_at): ' +
      "4 bad rows belong to the message that begins on line 6",
  });
});
