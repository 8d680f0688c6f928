import { strict as assert } from "node:assert";
import { gunzipSync, gzipSync } from "node:zlib";
import { loadCodec } from "../../rpc/compression.ts";
import { MessageReader } from "../../rpc/message_reader.ts";
import { RpcError, statusName } from "../../rpc/mod.ts";
import { concat, envelope, uint32 } from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import type { FuzzLayer, Tally } from "./layer.ts";
import { mutateOctets } from "./mutate.ts";
import { settle } from "./settle.ts";
import { toHex } from "./wire_model.ts";

const MAX_MESSAGE_OCTETS = 4096;

/** Bodies of messages, compressed or not, changed, in any pieces: messages or a status, and all window given back. */
export function createEnvelopeLayer(share: number): FuzzLayer {
  return { name: "envelopes", share, run };
}

async function run(dice: Dice, tally: Tally): Promise<void> {
  const isChanged = dice.chance(60);
  const messages = Array.from({ length: dice.below(5) }, () => buildMessage(dice, isChanged));
  const valid = concat(messages);
  const body = isChanged ? mutateOctets(valid, dice) : valid;
  const whole = await read([body], dice.below(3));
  const pieces = await read(dice.cut(body), dice.below(3));
  assert.deepEqual(pieces, whole, "the pieces do not matter");
  assert.deepEqual(whole, expectReading(body));
  if (!isChanged) assert.equal(whole.failure, undefined);
  tally.add(`envelopes: ${whole.failure ?? "read"}`);
}

function buildMessage(dice: Dice, mayBeBad: boolean): Uint8Array {
  if (dice.chance(60)) return envelope(dice.octets(dice.chance(10) ? MAX_MESSAGE_OCTETS : 30));
  if (!mayBeBad) return envelope(gzipSync(dice.octets(30)), true);
  switch (dice.below(4)) {
    case 0:
      return concat([Uint8Array.of(dice.pick([2, 3, 255])), uint32(3), dice.octets(3)]);
    case 1:
      return envelope(gzipSync(new Uint8Array(dice.below(3 * MAX_MESSAGE_OCTETS))), true);
    case 2:
      return envelope(mutateOctets(gzipSync(dice.octets(30)), dice), true);
    default:
      return envelope(dice.octets(30), true);
  }
}

interface Reading {
  readonly messages: string[];
  readonly failure: string | undefined;
}

/** What is to come of a body, told apart from how the engine does it. */
function expectReading(body: Uint8Array): Reading {
  const messages: string[] = [];
  const fail = (failure: string): Reading => ({ messages, failure });
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let at = 0;
  while (at + 5 <= body.length) {
    const end = at + 5 + view.getUint32(at + 1);
    if (body[at] > 1) return fail("INTERNAL");
    if (end - at - 5 > MAX_MESSAGE_OCTETS) return fail("RESOURCE_EXHAUSTED");
    if (end > body.length) return fail("INTERNAL");
    const message = body.subarray(at + 5, end);
    const plain = body[at] === 0 ? message : gunzip(message);
    if (typeof plain === "string") return fail(plain);
    messages.push(toHex(plain));
    at = end;
  }
  return at === body.length ? { messages, failure: undefined } : fail("INTERNAL");
}

/** The octets, or how it fails: what is too large may be broken as well, further on. */
function gunzip(message: Uint8Array): Uint8Array | string {
  try {
    return gunzipSync(message, { maxOutputLength: MAX_MESSAGE_OCTETS });
  } catch (error) {
    return error instanceof RangeError ? "RESOURCE_EXHAUSTED" : "INTERNAL";
  }
}

/** Reads one by one, in batches, or starting only when all has come. */
async function read(pieces: readonly Uint8Array[], manner: number): Promise<Reading> {
  let released = 0;
  const reader = new MessageReader<string>(
    { release: (octets) => released += octets },
    { deserialize: toHex, maxMessageOctets: MAX_MESSAGE_OCTETS },
  );
  reader.codec = loadCodec("gzip");
  const result: { messages: string[]; failure: string | undefined } = {
    messages: [],
    failure: undefined,
  };
  let hasEnded = false;
  const readAll = async () => {
    if (manner === 0) {
      for (let batch = await reader.nextBatch(3); batch.length > 0;) {
        result.messages.push(...batch);
        batch = await reader.nextBatch(3);
      }
    } else {
      for await (const message of reader) result.messages.push(message);
    }
  };
  const follow = () =>
    readAll().catch((error) => {
      assert.ok(error instanceof RpcError, `${error}`);
      result.failure = statusName(error.code);
    }).finally(() => hasEnded = true);
  const following = manner === 1 ? undefined : follow();
  for (const piece of pieces) reader.push(piece);
  reader.end();
  const done = following ?? follow();
  await settle();
  assert.ok(hasEnded, "the reader ends with its body");
  await done;
  const octets = pieces.reduce((sum, piece) => sum + piece.length, 0);
  assert.ok(released <= octets, "no more window is given back than was taken");
  if (result.failure === undefined) assert.equal(released, octets);
  return result;
}
