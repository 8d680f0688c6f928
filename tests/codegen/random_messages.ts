import type { FieldShape, FieldType, MessageShape, ScalarType } from "../../schema/mod.ts";

/** As `createRandom()` makes it: a whole number below the bound. */
type Random = (below: number) => number;

const MAX_DEPTH = 3;

/** A message as it may be sent, with about half of its fields set. */
export function randomMessage(
  message: MessageShape,
  random: Random,
  depth = 0,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  const oneofs = new Set<string>();
  for (const field of message.fields) {
    const mustBeSet = message.fullName.startsWith("t.legacy.") &&
      /^(id|name|legacy)$/.test(field.name);
    if (!mustBeSet && random(2) === 0) continue;
    if (field.oneof !== undefined && oneofs.has(field.oneof)) continue;
    if (!mustBeSet && field.type.kind === "message" && depth >= MAX_DEPTH) continue;
    if (field.oneof !== undefined) oneofs.add(field.oneof);
    values[field.name] = randomValue(field, random, depth);
  }
  return values;
}

function randomValue(field: FieldShape, random: Random, depth: number): unknown {
  const item = () => randomItem(field.type, random, depth);
  if (field.cardinality === "single") return item();
  const items = Array.from({ length: random(3) }, item);
  if (field.cardinality === "repeated") return items;
  return Object.fromEntries(
    items.map((value) => [randomKey(field.mapKey ?? "string", random), value]),
  );
}

function randomKey(type: ScalarType, random: Random): string {
  if (type === "bool") return random(2) === 0 ? "true" : "false";
  if (type === "string") return `key ${random(5)}`;
  return String(randomScalar(type, random));
}

function randomItem(type: FieldType, random: Random, depth: number): unknown {
  switch (type.kind) {
    case "message":
      return randomMessage(type.message, random, depth + 1);
    case "enum":
      // 77 is of no enum of the tests.
      return random(4) === 0 ? 77 : type.enum.values[random(type.enum.values.length)]?.name;
    case "scalar":
      return randomScalar(type.scalar, random);
  }
}

const EDGES = {
  int32: [0, 1, -1, 2147483647, -2147483648],
  uint32: [0, 1, 4294967295],
  int64: ["0", "-1", "9223372036854775807", "-9223372036854775808"],
  uint64: ["0", "12345678", "18446744073709551615"],
  float: [0, -1.5, Infinity, -Infinity, NaN],
  bool: [false, true],
  string: ["", "text", 'ü\u2028\n"quoted" \\ `${x}`'],
  bytes: [new Uint8Array(), new Uint8Array([0, 127, 255])],
} as const;

function randomScalar(type: ScalarType, random: Random): unknown {
  const edges = EDGES[EDGE_OF[type]];
  return edges[random(edges.length)];
}

const EDGE_OF = {
  double: "float",
  float: "float",
  int32: "int32",
  sint32: "int32",
  sfixed32: "int32",
  uint32: "uint32",
  fixed32: "uint32",
  int64: "int64",
  sint64: "int64",
  sfixed64: "int64",
  uint64: "uint64",
  fixed64: "uint64",
  bool: "bool",
  string: "string",
  bytes: "bytes",
} as const satisfies Record<ScalarType, keyof typeof EDGES>;

/** Writes a value as TypeScript, exactly: what the type checker sees is what was there at run time. */
export function printLiteral(value: unknown): string {
  if (value instanceof Uint8Array) return `new Uint8Array([${[...value].join(", ")}])`;
  if (Array.isArray(value)) return `[${value.map(printLiteral).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, item]) =>
      `${JSON.stringify(key)}: ${printLiteral(item)}`
    );
    return `{ ${entries.join(", ")} }`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
