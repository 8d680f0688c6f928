import type { LongKeyPlan, LongKeyPlans } from "./long_keys.ts";
import type { FieldShape, MessageShape } from "./message_shape.ts";

/** The 64-bit types that can be keys of a map, and whether they have a sign. */
const LONG_KEYS: Readonly<Record<string, "signed" | "unsigned">> = {
  int64: "signed",
  sint64: "signed",
  sfixed64: "signed",
  uint64: "unsigned",
  fixed64: "unsigned",
};

/** Finds the messages that have maps with 64-bit keys, or hold messages that do; see `fixLongKeys()`. */
export function describeLongKeys(messages: Iterable<MessageShape>): LongKeyPlans {
  const shapes = new Map<string, MessageShape>();
  for (const message of messages) addReachable(shapes, message);
  const affected = findAffected(shapes);
  return Object.fromEntries(
    [...shapes.values()].flatMap((message) =>
      affected.has(message.fullName) ? [[message.fullName, planMessage(message, affected)]] : []
    ),
  );
}

function addReachable(shapes: Map<string, MessageShape>, message: MessageShape): void {
  const left = [message];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (shapes.has(next.fullName)) continue;
    shapes.set(next.fullName, next);
    for (const { type } of next.fields) if (type.kind === "message") left.push(type.message);
  }
}

/** Messages with such maps, and all that can hold one of them at any depth. */
function findAffected(shapes: ReadonlyMap<string, MessageShape>): Set<string> {
  const holders = new Map<string, string[]>();
  const affected: string[] = [];
  for (const { fullName, fields } of shapes.values()) {
    if (fields.some((field) => signOf(field) !== undefined)) affected.push(fullName);
    for (const { type } of fields) {
      if (type.kind !== "message") continue;
      holders.set(type.message.fullName, [...holders.get(type.message.fullName) ?? [], fullName]);
    }
  }
  const found = new Set<string>();
  for (let next = affected.pop(); next !== undefined; next = affected.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    affected.push(...holders.get(next) ?? []);
  }
  return found;
}

function planMessage({ fields }: MessageShape, affected: ReadonlySet<string>): LongKeyPlan {
  const maps = fields.flatMap((field) => {
    const sign = signOf(field);
    return sign === undefined ? [] : [[field.name, sign] as const];
  });
  const holding = fields.flatMap(({ name, type, cardinality }) =>
    type.kind === "message" && affected.has(type.message.fullName)
      ? [{ name, inner: type.message.fullName, isMap: cardinality === "map" }]
      : []
  );
  const pairs = (isMap: boolean) =>
    holding.filter((field) => field.isMap === isMap).map(({ name, inner }) =>
      [name, inner] as const
    );
  return {
    ...part("maps", maps),
    ...part("messages", pairs(false)),
    ...part("messageMaps", pairs(true)),
  };
}

function part<Value>(key: string, entries: readonly (readonly [string, Value])[]): object {
  return entries.length === 0 ? {} : { [key]: Object.fromEntries(entries) };
}

function signOf({ cardinality, mapKey = "string" }: FieldShape) {
  return cardinality === "map" ? LONG_KEYS[mapKey] : undefined;
}
