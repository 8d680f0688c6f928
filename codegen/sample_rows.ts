import type {
  FieldShape,
  FieldType,
  MessageShape,
  MethodSchema,
  ScalarType,
} from "../schema/mod.ts";
import type { Project } from "./project.ts";

/** A table that `broker stream` takes for a message. */
export interface SampleTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What `sample.csv` is a sample of. */
export interface SampleSubject {
  readonly method: MethodSchema;
  /** The request; where no method of the proto takes a field, the answer. */
  readonly message: MessageShape;
}

const ROW_COUNT = 3;
/** Messages in messages in messages are enough for a sample. */
const MAX_DEPTH = 3;
/** A bound for messages that hold many messages with many fields each. */
const MAX_COLUMNS = 2000;

/** Cells by row number, from 1. */
const CELLS = {
  double: (row) => `${row}.5`,
  float: (row) => `${row}.5`,
  int32: String,
  uint32: String,
  sint32: String,
  fixed32: String,
  sfixed32: String,
  int64: String,
  uint64: String,
  sint64: String,
  fixed64: String,
  sfixed64: String,
  bool: (row) => String(row % 2 === 0),
  string: (row) => `text ${row}`,
  // Base64 of three octets.
  bytes: (row) => `AQI${"DEF"[row % 3] ?? "D"}`,
} as const satisfies Record<ScalarType, (row: number) => string>;

/** Well-known types that one cell can hold. */
const WELL_KNOWN: ReadonlyMap<string, (row: number) => string> = new Map([
  ["google.protobuf.Timestamp", (row: number) => `2026-01-01T00:00:0${row}Z`],
  ["google.protobuf.Duration", (row: number) => `${row}.5s`],
  ["google.protobuf.DoubleValue", CELLS.double],
  ["google.protobuf.FloatValue", CELLS.float],
  ["google.protobuf.Int64Value", CELLS.int64],
  ["google.protobuf.UInt64Value", CELLS.uint64],
  ["google.protobuf.Int32Value", CELLS.int32],
  ["google.protobuf.UInt32Value", CELLS.uint32],
  ["google.protobuf.BoolValue", CELLS.bool],
  ["google.protobuf.StringValue", CELLS.string],
  ["google.protobuf.BytesValue", CELLS.bytes],
]);

/** Well-known types that can hold anything: no table says what. */
const FREE_FORM: ReadonlySet<string> = new Set(
  ["Any", "FieldMask", "ListValue", "Struct", "Value"].map((name) => `google.protobuf.${name}`),
);

/**
 * Chooses what `sample.csv` holds: the request of the first method that takes a stream of something with fields, or
 * else of the first that takes something with fields, or else the answer of the first that gives something.
 */
export function chooseSample({ services }: Project): SampleSubject | undefined {
  const methods = services.flatMap(({ schema }) => schema.methods);
  const takesFields = methods.filter(({ request }) => columnsOf(request).length > 0);
  const taking = takesFields.find(({ definition }) => definition.requestStream) ?? takesFields[0];
  if (taking !== undefined) return { method: taking, message: taking.request };
  const giving = methods.find(({ response }) => columnsOf(response).length > 0);
  return giving === undefined ? undefined : { method: giving, message: giving.response };
}

/** Makes a few rows of a message. */
export function sampleRows(message: MessageShape): SampleTable {
  const columns = columnsOf(message);
  const rows = Array.from(
    { length: ROW_COUNT },
    (_, index) => columns.map(({ cell }) => cell(index + 1)),
  );
  return { header: columns.map(({ name }) => name), rows };
}

/** Writes a table as CSV. */
export function printCsv({ header, rows }: SampleTable): string {
  const quote = (cell: string) =>
    /[",\r\n;|\t]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
  return [header, ...rows].map((cells) => `${cells.map(quote).join(",")}\n`).join("");
}

interface Column {
  readonly name: string;
  readonly cell: (row: number) => string;
}

function columnsOf(message: MessageShape): Column[] {
  return listColumns(message, { prefix: "", outer: [], isFilled: true }).slice(0, MAX_COLUMNS);
}

/** Where the columns of a message stand. */
interface Place {
  readonly prefix: string;
  readonly outer: readonly string[];
  /** False below a member of a oneof that another member goes before: the cells are empty. */
  readonly isFilled: boolean;
}

function listColumns(message: MessageShape, place: Place): Column[] {
  const { outer, prefix } = place;
  if (outer.includes(message.fullName) || outer.length >= MAX_DEPTH) return [];
  if (FREE_FORM.has(message.fullName)) return [];
  const oneofs = new Set<string>();
  const columns: Column[] = [];
  for (const field of message.fields) {
    if (columns.length > MAX_COLUMNS) break;
    const isFirst = field.oneof === undefined || !oneofs.has(field.oneof);
    const inner = {
      prefix: `${prefix}${field.name}`,
      outer: [...outer, message.fullName],
      isFilled: place.isFilled && isFirst,
    };
    const found = fieldColumns(field, inner);
    if (field.oneof !== undefined && found.length > 0) oneofs.add(field.oneof);
    columns.push(...found);
  }
  return columns;
}

function fieldColumns(field: FieldShape, place: Place): Column[] {
  const { prefix, isFilled } = place;
  // Extension fields have a dot before their names; no column can be called so.
  if (prefix.startsWith(".")) return [];
  const cell = cellOf(field.type);
  if (cell !== undefined) {
    const fill = isFilled ? cell : () => "";
    if (field.cardinality === "single") return [{ name: prefix, cell: fill }];
    if (field.cardinality === "map") return [{ name: `${prefix}[${mapKey(field)}]`, cell: fill }];
    // A whole list in one cell.
    const list = (row: number) => [row, row + 1].map(fill).join(";");
    return [{ name: prefix, cell: isFilled ? list : fill }];
  }
  if (field.type.kind !== "message") return [];
  const element = field.cardinality === "map" ? `[${mapKey(field)}]` : "[0]";
  const path = field.cardinality === "single" ? prefix : prefix + element;
  return listColumns(field.type.message, { ...place, prefix: `${path}.` });
}

function mapKey({ mapKey }: FieldShape): string {
  return mapKey === "string" ? "key" : mapKey === "bool" ? "true" : "1";
}

function cellOf(type: FieldType): ((row: number) => string) | undefined {
  switch (type.kind) {
    case "scalar":
      return CELLS[type.scalar];
    case "message":
      return WELL_KNOWN.get(type.message.fullName);
    case "enum": {
      const { values } = type.enum;
      return (row) => values[row % values.length]?.name ?? "";
    }
  }
}
