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
    name: "an unknown column, first and like nothing",
    message: MEASUREMENT,
    header: ["weight", "id"],
    error: 'Cannot map "t.csv" line 1 column 1 ("weight"): Measurement has no field "weight"; ' +
      "It has id, sensor1, sensor2; " +
      'map it with --map "weight=FIELD" or leave it out with --map "weight=", ' +
      "or say --no-header if line 1 is no header",
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
    name: "a message in one cell",
    message: TICK,
    columnCount: 1,
    map: ["1=position"],
    error:
      'Cannot use --map "1=position": "position" is a message of type Position; name a field of it, as position.latitude',
  },
  {
    name: "a repeated message in one cell",
    message: TICK,
    columnCount: 1,
    map: ["1=stations"],
    error:
      'Cannot use --map "1=stations": "stations" is a message of type Reading; name a field of it, as stations[0].station',
  },
  {
    name: "a map in one cell",
    message: TICK,
    columnCount: 1,
    map: ["1=labels"],
    error: 'Cannot use --map "1=labels": "labels" is a map; name one entry, as labels[KEY]',
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
      'Cannot use --map "sensr1=sensor2": there is no column "sensr1"; did you mean "sensor1"? The columns are id, sensor1',
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
      'It has left, right; map it with --map "v0=FIELD" or leave it out with --map "v0=", ' +
      "or say --no-header if line 1 is no header",
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
