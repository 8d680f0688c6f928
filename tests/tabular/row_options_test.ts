import assert from "node:assert/strict";
import {
  checkRows,
  type ColumnPlanOptions,
  createRowMapper,
  type CsvRecord,
  describePlan,
  planColumns,
  type RowMapperOptions,
  TabularError,
} from "../../tabular/mod.ts";
import {
  DURATION,
  field,
  MEASUREMENT,
  message,
  record,
  TICK,
  TIMESTAMP,
  typeOf,
} from "./support.ts";

const FILE = message(
  "test.File",
  field("id", "int32"),
  field("content", "bytes"),
  field("at", typeOf(TIMESTAMP)),
  field("lasts", typeOf(DURATION)),
  field("values", "double", { cardinality: "repeated" }),
);

type Options = Partial<ColumnPlanOptions> & { readonly header: readonly string[] };

function planFor(options: Options) {
  const columnCount = options.header.length;
  return planColumns({ message: MEASUREMENT, source: "t.csv", columnCount, ...options });
}

function convert(options: Options, cells: readonly string[], mapper: RowMapperOptions = {}) {
  return createRowMapper(planFor(options), mapper).toMessage(record(2, ...cells));
}

Deno.test("Several texts can stand for a missing value", () => {
  const header = ["id", "sensor1", "sensor2"];
  const nullTexts = ["NA", "-999", "null"];
  assert.deepEqual(convert({ header }, ["NA", "-999", "null"], { nullTexts }), {});
  assert.deepEqual(convert({ header }, ["1", " NA", "2"], { nullTexts }), { id: 1, sensor2: 2 });
});

Deno.test("A default stands for a missing cell, or for a field that no column fills", () => {
  const header = ["id", "sensor1"];
  const defaults = ["Sensor-1=0.5", "sensor2=7"];
  const options = { header, defaults };
  assert.deepEqual(convert(options, ["1", ""]), { id: 1, sensor1: 0.5, sensor2: 7 });
  assert.deepEqual(convert(options, ["1", "2"]), { id: 1, sensor1: 2, sensor2: 7 });
  assert.deepEqual(convert(options, ["1", " "]), { id: 1, sensor1: 0.5, sensor2: 7 });
});

Deno.test("A default that is no value of its field fails before the first row", () => {
  for (const defaults of [["sensor1=x"], ["sensor2=x"]]) {
    assert.throws(() => createRowMapper(planFor({ header: ["id", "sensor1"], defaults })), {
      name: "TabularError",
      message: `Cannot use --default "${defaults[0]}": "x" is not a float`,
    });
  }
  const options = { header: ["by_text", "by_number"], message: TICK, defaults: ["by_text=a"] };
  assert.throws(() => createRowMapper(planFor(options)), TabularError);
});

Deno.test("Missing cells make a row a bad one if asked to, unless there is a default", () => {
  const options = { header: ["id", "sensor1"], defaults: ["sensor1=1"] };
  const mapper = { onMissing: "reject", nullTexts: ["NA"] } as const;
  assert.deepEqual(convert(options, ["3", "NA"], mapper), { id: 3, sensor1: 1 });
  for (const cell of ["", "NA", " "]) {
    assert.throws(() => convert(options, [cell, "2"], mapper), {
      name: "RowError",
      message: 'Cannot read "t.csv" line 2 column 1 (id): the cell has no value',
    });
  }
  const members = { header: ["by_text", "by_number"], message: TICK };
  assert.deepEqual(convert(members, ["", "5"], mapper), { by_number: 5 });
});

interface DecimalCase {
  readonly name: string;
  readonly column: string;
  readonly cell: string;
  readonly value?: unknown;
  readonly reason?: string;
}

const DECIMALS: readonly DecimalCase[] = [
  { name: "a decimal comma", column: "values[0]", cell: "-12,5", value: -12.5 },
  { name: "an exponent", column: "values[0]", cell: "1,5e3", value: 1500 },
  { name: "an integer", column: "id", cell: "3,0", value: 3 },
  { name: "a list", column: "values", cell: "1,5;2", value: [1.5, 2] },
  { name: "a list in brackets", column: "values", cell: "[1,5; 2,25]", value: [1.5, 2.25] },
  {
    name: "an epoch number",
    column: "at",
    cell: "1709209815,25",
    value: { seconds: "1709209815", nanos: 250000000 },
  },
  {
    name: "a date",
    column: "at",
    cell: "2024-02-29T12:30:15.5Z",
    value: { seconds: "1709209815", nanos: 500000000 },
  },
  { name: "a duration", column: "lasts", cell: "1,5s", value: { seconds: "1", nanos: 500000000 } },
  {
    name: "a point, which could separate thousands",
    column: "values[0]",
    cell: "1.234",
    reason:
      '"1.234" has a point where decimals have a comma; write it without thousands separators, or leave out --decimal ,',
  },
  {
    name: "points that cannot be decimal ones",
    column: "values[0]",
    cell: "1.234.567",
    reason:
      '"1.234.567" has a point where decimals have a comma; write it without thousands separators',
  },
  {
    name: "thousands and a comma",
    column: "values[0]",
    cell: "1.234,5",
    reason:
      '"1.234,5" has a point where decimals have a comma; write it without thousands separators',
  },
  {
    name: "two commas",
    column: "id",
    cell: "1,234,567",
    reason: '"1,234,567" has two commas; write it without thousands separators',
  },
  { name: "no number", column: "id", cell: "1,5", reason: '"1,5" is not an int32' },
];

for (const { name, column, cell, value, reason } of DECIMALS) {
  Deno.test(`--decimal , reads ${name}`, () => {
    const options = { header: [column], message: FILE, decimal: "," } as const;
    if (reason !== undefined) {
      assert.throws(() => convert(options, [cell]), {
        message: `Cannot read "t.csv" line 2 column 1 (${column}): ${reason}`,
      });
      return;
    }
    const wanted = column === "values[0]" ? [value] : value;
    assert.deepEqual(Object.values(convert(options, [cell])), [wanted]);
  });
}

Deno.test("--map says in which unit a number is a time, and how bytes are spelt", () => {
  const header = ["t", "d", "c"];
  const at = (seconds: string, nanos: number) => ({ seconds, nanos });
  const rows = [
    [["t=at:s", "d=lasts:ms", "c=content:hex"], ["12.5", "1500", "00ff"]],
    [["t=at:ms", "d=lasts:ns", "c=content:base64"], ["12500", "1500000000", "AP8="]],
  ] as const;
  for (const [map, cells] of rows) {
    const found = convert({ header, message: FILE, map }, cells);
    assert.deepEqual(found["at"], at("12", 500000000));
    assert.deepEqual(found["lasts"], at("1", 500000000));
    assert.deepEqual([...found["content"] as Uint8Array], [0, 255]);
  }
});

Deno.test("A cell reads a file after @, or of a column that --map calls files, and fails with its reason", () => {
  const readFile = (name: string) => {
    if (name === "gone.jpg") throw new Error("there is no such file");
    return new TextEncoder().encode(`content of ${name}`);
  };
  const text = (found: Record<string, unknown>) =>
    new TextDecoder().decode(found["content"] as Uint8Array);
  const at = { header: ["content"], message: FILE };
  assert.equal(text(convert(at, ["@a b.jpg"], { readFile })), "content of a b.jpg");
  const map = { header: ["picture"], message: FILE, map: ["picture=content:file"] };
  assert.equal(text(convert(map, ["sub/a.jpg"], { readFile })), "content of sub/a.jpg");
  assert.throws(() => convert(at, ["@gone.jpg"], { readFile }), {
    name: "RowError",
    message: 'Cannot read "t.csv" line 2 column 1 (content): the file "gone.jpg" cannot be read: ' +
      "there is no such file",
  });
  assert.throws(() => convert(map, ["a.jpg"]), /cells may do so only with --files/);
});

async function* batchesOf(...batches: CsvRecord[][]) {
  await Promise.resolve();
  yield* batches;
}

Deno.test("checkRows() shows the first bad cell among the first rows, and a good row as the example", async () => {
  const plan = planFor({ header: ["id"] });
  const rows = [record(2, "1"), record(3, "2"), record(4, "x"), record(5, "y")];
  const found = await checkRows(batchesOf(rows.slice(0, 2), rows.slice(2)), plan);
  assert.equal(
    found.failure?.message,
    'Cannot read "t.csv" line 4 column 1 (id): "x" is not an int32',
  );
  assert.deepEqual([found.rowCount, found.messageCount, found.example?.line], [3, 2, 2]);
  const limited = await checkRows(batchesOf(rows), plan, { limit: 2 });
  assert.deepEqual([limited.rowCount, limited.failure], [2, undefined]);
  const empty = await checkRows(batchesOf(), plan);
  assert.deepEqual([empty.rowCount, empty.example], [0, undefined]);
});

Deno.test("checkRows() counts the messages of grouped rows", async () => {
  const plan = planFor({ header: ["observed_at", "no2"], message: TICK, groupBy: "1" });
  const rows = [record(2, "a", "1"), record(3, "a", "2"), record(4, "b", "3")];
  const { rowCount, messageCount } = await checkRows(batchesOf(rows), plan);
  assert.deepEqual([rowCount, messageCount], [3, 2]);
});

Deno.test("describePlan() shows what cells become, defaults and grouping", () => {
  const plan = planFor({
    header: ["time", "station", "no2", "latitude"],
    message: TICK,
    map: ["time=observed_at", "latitude=position.latitude"],
    defaults: ["no2=0", "by_number=4"],
    groupBy: "time",
  });
  assert.equal(
    describePlan(plan, record(2, "10:00", "a", "NA", "050"), { nullTexts: ["NA"] }),
    `test.Tick from "t.csv"
#  column    field               type    example  becomes
1  time      observed_at         string  10:00    10:00
2  station   stations[].station  string  a        a
3  no2       stations[].no2      float   NA       0
4  latitude  position.latitude   double  050      50
one message of consecutive rows with the same column 1 (time); each row adds an element to stations
in every message: by_number = 4
in place of missing cells: 0 for column 3 (no2)
stays unset: position.longitude, stations.position, samples, labels, counts, by_text
`,
  );
});
