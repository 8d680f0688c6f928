import type { FieldShape, FieldType, MessageShape, ScalarType, Sources } from "../schema/mod.ts";
import { printString } from "./layout.ts";
import { textValue, type Value } from "./print_value.ts";

/** More fields than this would drown those that a reader looks for; required ones are always there. */
const MAX_FIELDS = 30;
/** Messages in messages in messages are enough to see how it is done. */
const MAX_DEPTH = 3;

const SCALARS = {
  double: "1.5",
  float: "1.5",
  int32: "1",
  uint32: "1",
  sint32: "-1",
  fixed32: "1",
  sfixed32: "-1",
  int64: '"1"',
  uint64: '"1"',
  sint64: '"-1"',
  fixed64: '"1"',
  sfixed64: '"-1"',
  bool: "true",
  string: "",
  bytes: "new Uint8Array([1, 2, 3])",
} as const satisfies Record<ScalarType, string>;

/** Well-known types whose values mean something. */
const WELL_KNOWN: ReadonlyMap<string, Value> = new Map([
  ["google.protobuf.Timestamp", object({ seconds: '"1767225600"', nanos: "0" })],
  ["google.protobuf.Duration", object({ seconds: '"1"', nanos: "500000000" })],
  ["google.protobuf.FieldMask", { kind: "object", entries: [] }],
  ["google.protobuf.Any", { kind: "object", entries: [] }],
]);

/** Where a value stands. */
interface Place {
  readonly sources: Sources;
  /** The messages around it, so that recursive ones end. */
  readonly outer: readonly string[];
}

/** An example of a message, as it may be sent: a value in every field, one member of each oneof. */
export function sampleMessage(sources: Sources, message: MessageShape): Value {
  return sampleFields({ sources, outer: [] }, message);
}

function sampleFields(place: Place, message: MessageShape): Value {
  const known = WELL_KNOWN.get(message.fullName);
  if (known !== undefined) return known;
  const { sources, outer } = place;
  const inner = { sources, outer: [...outer, message.fullName] };
  const entries: [string, Value][] = [];
  const oneofs = new Set<string>();
  for (const field of message.fields) {
    const isRequired = sources.notes.required.has(`${message.fullName}.${field.name}`);
    if (!isRequired && (entries.length >= MAX_FIELDS || oneofs.has(field.oneof ?? ""))) continue;
    const value = sampleField(inner, field, isRequired);
    if (value === undefined) continue;
    if (field.oneof !== undefined) oneofs.add(field.oneof);
    entries.push([field.name, value]);
  }
  return { kind: "object", entries };
}

function sampleField(place: Place, field: FieldShape, isRequired: boolean): Value | undefined {
  if (field.type.kind === "message" && !isRequired) {
    const { fullName } = field.type.message;
    if (place.outer.includes(fullName) || place.outer.length >= MAX_DEPTH) return undefined;
  }
  const value = sampleItem(place, field.type, field.name);
  if (field.cardinality === "single") return value;
  if (field.cardinality === "repeated") {
    const isMessage = field.type.kind === "message";
    return { kind: "list", items: isMessage ? [value] : [value, value] };
  }
  const key = field.mapKey === "string" ? "key" : field.mapKey === "bool" ? "true" : "1";
  return { kind: "object", entries: [[key, value]] };
}

function sampleItem(place: Place, type: FieldType, name: string): Value {
  switch (type.kind) {
    case "scalar":
      return textValue(type.scalar === "string" ? printString(name) : SCALARS[type.scalar]);
    case "enum":
      // The second, as the first is what an unset field has.
      return textValue(printString((type.enum.values[1] ?? type.enum.values[0])?.name ?? ""));
    case "message":
      return sampleFields(place, type.message);
  }
}

function object(fields: Readonly<Record<string, string>>): Value {
  const entries = Object.entries(fields).map(([key, text]) => [key, textValue(text)] as const);
  return { kind: "object", entries };
}
