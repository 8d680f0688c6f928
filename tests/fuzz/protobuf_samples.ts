import { concat } from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import { mutateOctets } from "./mutate.ts";

/** Octets for a message: readable, changed, built field by field, or nested as deep as nobody means. */
export function sampleProtobuf(dice: Dice, readable: readonly Uint8Array[]): Uint8Array {
  const kind = dice.below(20);
  if (kind < 8) return dice.pick(readable);
  if (kind < 14) return mutateOctets(dice.pick(readable), dice);
  if (kind < 17) return concat([dice.pick(readable), buildFields(dice, 3)]);
  if (kind < 18) return buildFields(dice, 3);
  if (kind < 19) return nest(dice);
  return dice.octets(60);
}

/** Keys that a careless object takes for something else. */
const MAP_KEYS = ["__proto__", "constructor", "prototype", "toString", "", "key"] as const;

/** Fields of any number and wire type; lengths may lie. */
export function buildFields(dice: Dice, depth: number): Uint8Array<ArrayBuffer> {
  const fields = Array.from({ length: 1 + dice.below(5) }, () => buildField(dice, depth));
  return concat(fields);
}

function buildField(dice: Dice, depth: number): Uint8Array {
  const number = dice.chance(90) ? 1 + dice.below(36) : dice.uint32();
  const tag = (type: number) => varint(number * 8 + type);
  switch (dice.below(9)) {
    case 0:
      return concat([tag(0), varint(dice.uint32())]);
    case 1:
      return concat([tag(0), dice.octets(12).map((octet) => octet | 0x80)]);
    case 2:
      return concat([tag(1), dice.octets(8)]);
    case 3:
      return concat([tag(5), dice.octets(4)]);
    case 4:
      return concat([tag(2), varint(dice.uint32()), dice.octets(8)]);
    case 5:
      return concat([tag(3), depth > 0 ? buildFields(dice, depth - 1) : dice.octets(4), tag(4)]);
    case 6:
      return concat([tag(dice.pick([3, 4, 6, 7])), dice.octets(4)]);
    case 7:
      return lengthPrefixed(tag(2), mapEntry(dice));
    default:
      return lengthPrefixed(tag(2), depth > 0 ? buildFields(dice, depth - 1) : dice.octets(6));
  }
}

function mapEntry(dice: Dice): Uint8Array {
  const key = new TextEncoder().encode(dice.pick(MAP_KEYS));
  // Field 1 of Inner is a number, so that this is a value of `inner_by_name`.
  const value = concat([varint(8), varint(dice.below(1000))]);
  return concat([lengthPrefixed(varint(10), key), lengthPrefixed(varint(18), value)]);
}

/** Messages in messages (`inner` and `back` of `Everything`), or groups that are never closed. */
function nest(dice: Dice): Uint8Array {
  const depth = dice.pick([10, 40, 99, 100, 101, 102, 200, 3000, 30_000]);
  if (dice.chance(30)) return concat(Array.from({ length: depth }, () => varint(27)));
  let octets: Uint8Array = new Uint8Array(0);
  for (let level = 0; level < depth && octets.length < 60_000; level++) {
    // Field 17 of Everything is an Inner, field 2 of Inner an Everything.
    octets = lengthPrefixed(varint(level % 2 === 0 ? 18 : 138), octets);
  }
  return octets;
}

function lengthPrefixed(tag: Uint8Array, octets: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([tag, varint(octets.length), octets]);
}

function varint(value: number): Uint8Array<ArrayBuffer> {
  const octets: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push(rest % 128 + 128);
  return Uint8Array.of(...octets, rest);
}
