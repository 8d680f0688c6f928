import { strict as assert } from "node:assert";
import type { Dice } from "./dice.ts";
import type { FuzzServices } from "./fuzz_services.ts";
import type { FuzzLayer, Tally } from "./layer.ts";

/** Bodies that are no messages, or odd ones: refused, or read as something that can be sent again. */
export function createProtobufLayer({ methods }: FuzzServices, share: number): FuzzLayer {
  const messages = methods.filter(({ definition }) => !definition.path.startsWith("/fuzz."));
  return {
    name: "protobuf",
    share,
    run: (dice, tally) => decode(dice, tally, messages),
    check: checkPrototypes,
  };
}

const PROTOTYPE_MEMBERS = countMembers();

/** No message has reached what all objects share. */
function checkPrototypes(): void {
  assert.deepEqual(countMembers(), PROTOTYPE_MEMBERS);
}

function countMembers(): number[] {
  const shared = [Object.prototype, Array.prototype, Function.prototype, String.prototype];
  return shared.map((prototype) => Reflect.ownKeys(prototype).length);
}

function decode(dice: Dice, tally: Tally, methods: FuzzServices["methods"]): void {
  const method = dice.pick(methods);
  const { requestDeserialize, requestSerialize } = method.definition;
  const octets = method.request(dice);
  let message: unknown;
  try {
    message = requestDeserialize(octets);
  } catch (error) {
    // Any error is the reader's to turn into INTERNAL; nothing else may be thrown.
    assert.ok(error instanceof Error, `${error}`);
    assert.ok(!/call stack|out of memory/i.test(error.message), error.message);
    tally.add(`protobuf: refused`);
    return;
  }
  checkObjects(message);
  const repeat = (octets: Uint8Array) => requestSerialize(requestDeserialize(octets));
  // The first time protobufjs replaces what is not UTF-8, which it reads (docs/limits.md).
  const sent = repeat(requestSerialize(message));
  assert.ok(isEqual(repeat(sent), sent), "what was read can be sent, and means the same");
  tally.add("protobuf: read");
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((octet, index) => octet === right[index]);
}

/** Every object is a plain one: a key of a map has not become its prototype. */
function checkObjects(value: unknown): void {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  const prototype = Object.getPrototypeOf(value);
  assert.ok(
    prototype === null || prototype === Object.prototype || prototype === Array.prototype,
    "a message made itself a prototype",
  );
  for (const member of Object.values(value)) checkObjects(member);
}
