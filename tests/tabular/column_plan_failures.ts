import type { ColumnPlanOptions } from "../../tabular/mod.ts";
import { field, MEASUREMENT, message, TICK, TIMESTAMP, typeOf } from "./support.ts";

/** The options of a plan, as far as a test cares. */
export type PlanOptions = Partial<ColumnPlanOptions> & Pick<ColumnPlanOptions, "message">;

export const SIMILAR = message("test.Similar", field("fooBar", "int32"), field("foo_bar", "int32"));
export const WINDOW = message(
  "test.Window",
  field("machine", "string"),
  field("cycle", "int32"),
  field("samples", "float", { cardinality: "repeated" }),
);
export const TWO_LISTS = message(
  "test.TwoLists",
  field("left", "float", { cardinality: "repeated" }),
  field("right", "float", { cardinality: "repeated" }),
);
export const EVENT = message("test.Event", field("at", typeOf(TIMESTAMP)), field("text", "string"));

/** A plan that cannot be, and why. */
export interface PlanFailure extends PlanOptions {
  readonly name: string;
  readonly error: string;
}

/** Everything that a plan is rejected for. */
export const PLAN_FAILURES: readonly PlanFailure[] = [
  {
    name: "an unknown column",
    message: MEASUREMENT,
    header: ["id", "sensr1"],
    error: 'Cannot map "t.csv" line 1 column 2 ("sensr1"): Measurement has no field "sensr1"; ' +
      'did you mean "sensor1"? It has id, sensor1, sensor2; ' +
      'map it with --map "sensr1=FIELD" or leave it out with --map "sensr1="',
  },
  {
    name: "several unknown columns, all at once",
    message: MEASUREMENT,
    header: ["id", "sensr1", "weight", "note"],
    error: 'Cannot map "t.csv" line 1 column 2 ("sensr1"): Measurement has no field "sensr1"; ' +
      'did you mean "sensor1"? It has id, sensor1, sensor2; ' +
      'map it with --map "sensr1=FIELD" or leave it out with --map "sensr1="; ' +
      '"weight", "note" fit no field either, and --map "*=" leaves out all that do not',
  },
  {
    name: "an unknown column, first and like nothing",
    message: MEASUREMENT,
    header: ["weight", "id"],
    error: 'Cannot map "t.csv" line 1 column 1 ("weight"): Measurement has no field "weight"; ' +
      "it has id, sensor1, sensor2; " +
      'map it with --map "weight=FIELD" or leave it out with --map "weight=", ' +
      "or say --no-header if line 1 is no header",
  },
  {
    name: "a comment where the header is due",
    message: MEASUREMENT,
    header: ["# exported by a logger"],
    error:
      'Cannot map "t.csv" line 1 column 1 ("# exported by a logger"): Measurement has no field ' +
      '"# exported by a logger"; it has id, sensor1, sensor2; map it with ' +
      '--map "# exported by a logger=FIELD" or leave it out with --map "# exported by a logger=", ' +
      "or take line 1 away if it is a comment",
  },
  {
    name: "a .proto that has any name",
    message: MEASUREMENT,
    header: ['syntax = "proto3"', ""],
    error: 'Cannot read "t.csv" line 1: it is a .proto, not a table; name it with --proto, ' +
      "and give a CSV file or JSON lines as the input",
  },
  {
    name: "a .proto that begins with a comment",
    message: MEASUREMENT,
    source: "plant.proto",
    header: ["// What a plant says."],
    error: 'Cannot read "plant.proto" line 1: it is a .proto, not a table; name it with --proto, ' +
      "and give a CSV file or JSON lines as the input",
  },
  {
    name: "octets that no text has",
    message: MEASUREMENT,
    header: ["\x01\x02.."],
    error:
      'Cannot read "t.csv" line 1: it is a binary file, or text in UTF-16; save it as CSV in UTF-8',
  },
  {
    name: "a text that is no table",
    message: MEASUREMENT,
    header: ["x".repeat(5000)],
    error:
      'Cannot read "t.csv" line 1: a cell of it has 5000 characters, too many for the name of a column; ' +
      "give a CSV file or JSON lines, or say --no-header if it is no header",
  },
  {
    name: "a name that cannot stand in a flag as it is",
    message: MEASUREMENT,
    header: ["id", 'the "best"'],
    error:
      'Cannot map "t.csv" line 1 column 2 ("the "best""): Measurement has no field "the "best""; ' +
      'it has id, sensor1, sensor2; map it with --map "2=FIELD" or leave it out with --map "2="',
  },
  {
    name: "two columns of one name",
    message: MEASUREMENT,
    header: ["id", "sensor1", "sensor1"],
    error:
      'Cannot map "t.csv": column 2 (sensor1) and column 3 (sensor1) both fill the field "sensor1"; ' +
      'leave one out by its number, --map "3="',
  },
  {
    name: "a column without a name",
    message: MEASUREMENT,
    header: ["", "id"],
    error: 'Cannot map "t.csv" line 1 column 1: the column has no name; ' +
      'map it with --map "1=FIELD" or leave it out with --map "1="',
  },
  {
    name: "an unknown field of a nested message",
    message: TICK,
    header: ["samples", "position.altitude"],
    error:
      'Cannot map "t.csv" line 1 column 2 ("position.altitude"): Position has no field "altitude"; ' +
      'did you mean "latitude"? It has latitude, longitude; ' +
      'map it with --map "position.altitude=FIELD" or leave it out with --map "position.altitude="',
  },
  {
    name: "a name that two fields clean to",
    message: SIMILAR,
    header: ["fooBar", "Foo Bar"],
    error:
      'Cannot map "t.csv" line 1 column 2 ("Foo Bar"): "Foo Bar" could be any of the fields fooBar, foo_bar; ' +
      'map it with --map "Foo Bar=FIELD" or leave it out with --map "Foo Bar="',
  },
  {
    name: "two columns that clean to one field",
    message: MEASUREMENT,
    header: ["sensor1", "id", "Sensor_1"],
    error:
      'Cannot map "t.csv": column 1 (sensor1) and column 3 (Sensor_1) both fill the field "sensor1"; ' +
      "rename or leave one out with --map",
  },
  {
    name: "a list and an element of it",
    message: TICK,
    header: ["samples[0]", "samples"],
    error:
      'Cannot map "t.csv": column 2 (samples) and column 1 (samples[0]) both fill the field "samples"; ' +
      "rename or leave one out with --map",
  },
  {
    name: "a list with a gap",
    message: TICK,
    header: ["stations[0].no2", "stations[2].no2"],
    error: 'Cannot map "t.csv": a column fills stations[2], but none fills stations[1]',
  },
  {
    name: "a format that no cell has",
    message: TICK,
    columnCount: 1,
    map: ["1=samples:mm"],
    error:
      'Cannot use --map "1=samples:mm": "mm" is no format of cells (s, ms, us, ns, hex, base64, file)',
  },
  {
    name: "a format that the type does not have",
    message: TICK,
    columnCount: 1,
    map: ["1=samples:ms"],
    error: 'Cannot use --map "1=samples:ms": cells of the type float have no format, not "ms"',
  },
  {
    name: "a field that only a message inside has, with its path",
    message: TICK,
    header: ["observed_at", "latitude"],
    error: 'Cannot map "t.csv" line 1 column 2 ("latitude"): Tick has no field "latitude"; ' +
      'did you mean "position.latitude"? It has observed_at, position, stations, samples, labels, counts, by_text, by_number; ' +
      'map it with --map "latitude=FIELD" or leave it out with --map "latitude="',
  },
  {
    name: "an element of each row without grouping",
    message: TICK,
    columnCount: 1,
    map: ["1=stations[].no2"],
    error:
      'Cannot use --map "1=stations[].no2": "stations[]" is the element of each row, which takes --group-by',
  },
  {
    name: "grouping by a column that is not there",
    message: TICK,
    header: ["observed_at", "no2"],
    groupBy: "observd_at",
    error:
      'Cannot use --group-by "observd_at": there is no column "observd_at" (did you mean "observed_at"?); the columns are observed_at, no2',
  },
  {
    name: "grouping without a repeated field to fill",
    message: TICK,
    header: ["observed_at"],
    groupBy: "observed_at",
    error:
      'Cannot group the rows of "t.csv": no column fills a repeated field, to which each row ' +
      "would add an element; name one with --map COLUMN=LIST[].FIELD",
  },
  {
    name: "an element of each row beside a numbered one",
    message: TICK,
    header: ["observed_at", "stations.no2", "stations[0].station"],
    groupBy: "observed_at",
    error:
      'Cannot map "t.csv": column 2 (stations.no2) adds an element of stations for each row, ' +
      "but another column fills stations[0]",
  },
  {
    name: "a name that two messages inside have, where rows are grouped",
    message: message(
      "test.Pair",
      field("left", typeOf(TICK), { cardinality: "repeated" }),
      field("right", typeOf(EVENT), { cardinality: "repeated" }),
      field("other", typeOf(EVENT)),
    ),
    header: ["text"],
    groupBy: "*",
    error: 'Cannot map "t.csv" line 1 column 1 ("text"): "text" could be any of right[].text, ' +
      'other.text; map it with --map "text=FIELD" or leave it out with --map "text=", ' +
      "or say --no-header if line 1 is no header",
  },
  {
    name: "grouped rows without a header or --map",
    message: TICK,
    columnCount: 2,
    groupBy: "1",
    error:
      'Cannot map "t.csv" without a header: where rows are grouped, no field follows from the place of column 2; ' +
      "name it with --map 2=FIELD",
  },
  {
    name: "a default without a value",
    message: MEASUREMENT,
    header: ["id"],
    defaults: ["id"],
    error: 'Cannot use --default "id": it is not COLUMN=VALUE',
  },
  {
    name: "a default for nothing",
    message: MEASUREMENT,
    header: ["id"],
    defaults: ["sensr1=2"],
    error:
      'Cannot use --default "sensr1=2": there is no column "sensr1", and Measurement has no field "sensr1"; ' +
      'did you mean "sensor1"? It has id, sensor1, sensor2',
  },
  {
    name: "a default for a column that is left out",
    message: MEASUREMENT,
    header: ["id", "note"],
    map: ["note="],
    defaults: ["note=2"],
    error: 'Cannot use --default "note=2": column 2 (note) fills no field',
  },
  {
    name: "two defaults for one column",
    message: MEASUREMENT,
    header: ["id"],
    defaults: ["id=2", "1=3"],
    error: 'Cannot use both --default "id=2" and --default "1=3": they name the same',
  },
  {
    name: "a default for a field that a column of another name fills",
    message: MEASUREMENT,
    header: ["row"],
    map: ["row=id"],
    defaults: ["id=3"],
    error: 'Cannot map "t.csv": column 1 (row) and --default "id=3" both fill the field "id"; ' +
      "rename or leave one out with --map",
  },
  {
    name: "a key of the wrong type",
    message: TICK,
    columnCount: 1,
    map: ["1=counts[x]"],
    error: 'Cannot use --map "1=counts[x]": a key of "counts": "x" is not an int32',
  },
  {
    name: "an index that is none",
    message: TICK,
    columnCount: 1,
    map: ["1=samples[x]"],
    error:
      'Cannot use --map "1=samples[x]": "samples" is repeated; "x" is not an index, as samples[0]',
  },
  {
    name: "a field of a scalar",
    message: MEASUREMENT,
    columnCount: 1,
    map: ["1=id.x"],
    error: 'Cannot use --map "1=id.x": "id" is not repeated, a map or a message',
  },
  {
    name: "an unknown field in --map",
    message: MEASUREMENT,
    columnCount: 1,
    map: ["1=sensr1"],
    error: 'Cannot use --map "1=sensr1": Measurement has no field "sensr1"; ' +
      'did you mean "sensor1"? It has id, sensor1, sensor2',
  },
  {
    name: "an unknown column in --map",
    message: MEASUREMENT,
    header: ["id", "sensor1"],
    map: ["sensr1=sensor2"],
    error:
      'Cannot use --map "sensr1=sensor2": there is no column "sensr1" (did you mean "sensor1"?); the columns are id, sensor1',
  },
  {
    name: "a column number beyond the last",
    message: MEASUREMENT,
    header: ["id"],
    map: ["2=id"],
    error: 'Cannot use --map "2=id": there is no column 2, only 1 to 1',
  },
  {
    name: "a column name without a header",
    message: MEASUREMENT,
    columnCount: 3,
    map: ["x=id"],
    error: 'Cannot use --map "x=id": without a header a column is named by its number, 1 to 3',
  },
  {
    name: "--map without a field",
    message: MEASUREMENT,
    columnCount: 3,
    map: ["id"],
    error: 'Cannot use --map "id": it is not column=field',
  },
  {
    name: "--map twice for one column",
    message: MEASUREMENT,
    header: ["a"],
    map: ["a=id", "1=sensor1"],
    error: 'Cannot use both --map "a=id" and --map "1=sensor1": they name the same column',
  },
  {
    name: "--map of a name that two columns have",
    message: MEASUREMENT,
    header: ["a", "a"],
    map: ["a=id"],
    error:
      'Cannot use --map "a=id": the columns 1 and 2 are both called that; name one by its number',
  },
  {
    name: "a series for a field that is not repeated",
    message: MEASUREMENT,
    header: ["v0", "v1"],
    map: ["v*=id"],
    error: 'Cannot use --map "v*=id": "id" is not repeated',
  },
  {
    name: "numbered columns for two free lists",
    message: TWO_LISTS,
    header: ["v0", "v1"],
    error: 'Cannot map "t.csv" line 1 column 1 ("v0"): TwoLists has no field "v0"; ' +
      'it has left, right; map it with --map "v0=FIELD" or leave it out with --map "v0=", ' +
      "or say --no-header if line 1 is no header; " +
      '"v1" fits no field either, and --map "*=" leaves out all that do not',
  },
  {
    name: "too few columns",
    message: MEASUREMENT,
    columnCount: 2,
    error:
      'Cannot map "t.csv" without a header: it has 2 columns, but Measurement takes 3 (id, sensor1, sensor2); ' +
      "name the field of each column with --map NUMBER=FIELD, or leave one out with --map NUMBER=",
  },
  {
    name: "too many columns",
    message: MEASUREMENT,
    columnCount: 4,
    error:
      'Cannot map "t.csv" without a header: it has 4 columns, but Measurement takes 3 (id, sensor1, sensor2); ' +
      "name the field of each column with --map NUMBER=FIELD, or leave one out with --map NUMBER=",
  },
  {
    name: "columns for an empty message",
    message: message("test.Empty"),
    columnCount: 1,
    error:
      'Cannot map "t.csv" without a header: it has 1 column, but Empty has no field that a cell could fill; ' +
      "name the field of each column with --map NUMBER=FIELD, or leave one out with --map NUMBER=",
  },
];
