import { encodeBase64 } from "../rpc/mod.ts";
import type { PlainJson } from "./server_watch.ts";

/** What a sample of a message takes as JSON at most, in characters, give or take the last value. */
export const MAX_SAMPLE_CHARS = 4096;
/** Stands where something was left out. */
const CUT = "…";
/** Messages within messages that are looked into. */
const MAX_DEPTH = 32;
/** Members of an object that are sorted; more are those of a map, where it would cost and help nobody. */
const MAX_SORTED = 1000;

/**
 * Copies a decoded message into plain JSON, as far as it fits: long text ends with `…`, and so do lists; a field whose
 * turn does not come is `…`. Octets become base64; numbers that JSON does not have, text.
 *
 * The cost is bounded by the limit, not by the message.
 */
export function sampleMessage(message: unknown, maxChars: number = MAX_SAMPLE_CHARS): PlainJson {
  return copy(message, { chars: maxChars }, 0);
}

/** The characters that are left. */
interface Budget {
  chars: number;
}

function copy(value: unknown, budget: Budget, depth: number): PlainJson {
  if (typeof value === "number") {
    budget.chars -= 8;
    return Number.isFinite(value) ? shorten(value) : String(value);
  }
  if (typeof value === "string") return cutText(value, budget);
  if (typeof value === "boolean" || value === null || value === undefined) {
    budget.chars -= 5;
    return value ?? null;
  }
  if (typeof value === "bigint") return cutText(String(value), budget);
  if (value instanceof Uint8Array) {
    const octets = Math.min(value.length, Math.max(0, Math.floor(budget.chars * 3 / 4)));
    const text = encodeBase64(value.subarray(0, octets), { padded: true });
    budget.chars -= text.length + 2;
    return octets < value.length ? text + CUT : text;
  }
  if (typeof value !== "object" || depth >= MAX_DEPTH) return CUT;
  return Array.isArray(value) ? copyList(value, budget, depth) : copyObject(value, budget, depth);
}

/**
 * A float of 32 bits with the digits that it was written with, if those are few: 47.2 in place of 47.20000076293945. By
 * arithmetic alone, as each sample of a fast stream passes here.
 */
function shorten(value: number): number {
  if (Math.fround(value) !== value || Number.isInteger(value)) return value;
  const lead = Math.floor(Math.log10(Math.abs(value)));
  for (const digits of [6, 7]) {
    const scale = 10 ** (digits - 1 - lead);
    const rounded = Math.round(value * scale) / scale;
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

function cutText(text: string, budget: Budget): string {
  const room = Math.max(0, budget.chars);
  budget.chars -= Math.min(text.length, room) + 2;
  return text.length > room ? text.slice(0, room) + CUT : text;
}

function copyList(list: readonly unknown[], budget: Budget, depth: number): PlainJson {
  const items: PlainJson[] = [];
  for (const item of list) {
    if (budget.chars <= 0) {
      items.push(CUT);
      break;
    }
    items.push(copy(item, budget, depth + 1));
  }
  return items;
}

function copyObject(object: object, budget: Budget, depth: number): PlainJson {
  const members: Record<string, PlainJson> = {};
  for (const key of keysOf(object)) {
    if (budget.chars <= 0) {
      define(members, CUT, CUT);
      break;
    }
    // A key of a map may be as long as any text.
    const name = key.length > 256 ? key.slice(0, 256) + CUT : key;
    budget.chars -= name.length + 4;
    define(members, name, copy(Reflect.get(object, key), budget, depth + 1));
  }
  return members;
}

/** Lists, maps and messages last, though decoded messages have them first: a long one leaves nothing to what follows. */
function keysOf(object: object): string[] {
  const isLong = (key: string) => {
    const value = Reflect.get(object, key);
    return typeof value === "object" && value !== null;
  };
  const keys = Object.keys(object);
  if (keys.length > MAX_SORTED) return keys;
  const long = keys.filter(isLong);
  return long.length === 0 ? keys : [...keys.filter((key) => !isLong(key)), ...long];
}

/** Also for a key that objects have a meaning of their own for. */
function define(members: Record<string, PlainJson>, key: string, value: PlainJson): void {
  if (key !== "__proto__") members[key] = value;
  else {
    Object.defineProperty(members, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
}
