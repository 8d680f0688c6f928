import assert from "node:assert/strict";
import {
  type FieldShape,
  type FieldType,
  loadSchema,
  type MessageShape,
  type MethodSchema,
  type ScalarType,
} from "../../schema/mod.ts";
import type { CsvRecord } from "../../tabular/mod.ts";

/** A field of a message: a scalar type by name, or any type. */
export function field(
  name: string,
  type: ScalarType | FieldType,
  options: Partial<FieldShape> = {},
): FieldShape {
  const fieldType: FieldType = typeof type === "string" ? { kind: "scalar", scalar: type } : type;
  return {
    name,
    number: 0,
    type: fieldType,
    cardinality: "single",
    explicitPresence: false,
    ...options,
  };
}

/** A message with fields numbered in their order. */
export function message(fullName: string, ...fields: FieldShape[]): MessageShape {
  return { fullName, fields: fields.map((shape, index) => ({ ...shape, number: index + 1 })) };
}

/** The type of a field that holds a message. */
export function typeOf(shape: MessageShape): FieldType {
  return { kind: "message", message: shape };
}

/** The messages of `google/protobuf/` that cells can hold. */
export const TIMESTAMP = message(
  "google.protobuf.Timestamp",
  field("seconds", "int64"),
  field("nanos", "int32"),
);
export const DURATION = message(
  "google.protobuf.Duration",
  field("seconds", "int64"),
  field("nanos", "int32"),
);
export function wrapperOf(name: string, scalar: ScalarType): MessageShape {
  return message(`google.protobuf.${name}`, field("value", scalar));
}

/** The measurement of the databroker. */
export const MEASUREMENT = message(
  "test.Measurement",
  field("id", "int32"),
  field("sensor1", "float"),
  field("sensor2", "float"),
);

const POSITION = message(
  "test.Position",
  field("latitude", "double"),
  field("longitude", "double"),
);
const READING = message(
  "test.Reading",
  field("station", "string"),
  field("position", typeOf(POSITION)),
  field("no2", "float"),
);

/** A message with nested, repeated and map fields and a oneof. */
export const TICK = message(
  "test.Tick",
  field("observed_at", "string"),
  field("position", typeOf(POSITION)),
  field("stations", typeOf(READING), { cardinality: "repeated" }),
  field("samples", "float", { cardinality: "repeated" }),
  field("labels", "string", { cardinality: "map", mapKey: "string" }),
  field("counts", "int32", { cardinality: "map", mapKey: "int32" }),
  field("by_text", "string", { oneof: "choice" }),
  field("by_number", "int32", { oneof: "choice" }),
);

/** A record that starts on a line. */
export function record(line: number, ...cells: string[]): CsvRecord {
  return { cells, line };
}

/** Octets of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A generator of numbers from 0 to 1 that repeats for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The first method of the first service of a `.proto`. */
export async function loadMethod(proto: string): Promise<MethodSchema> {
  const path = await Deno.makeTempFile({ suffix: ".proto" });
  try {
    await Deno.writeTextFile(path, proto);
    const { services } = await loadSchema([path]);
    const method = services[0]?.methods[0];
    assert.ok(method !== undefined);
    return method;
  } finally {
    await Deno.remove(path);
  }
}
