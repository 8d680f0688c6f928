import { strict as assert } from "node:assert";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { HpackDecoder, HpackEncoder, HpackError } from "../../rpc/http2/hpack/mod.ts";
import type { Fields } from "../support/wire.ts";
import type { Dice } from "./dice.ts";
import { goodField, HeaderWriter, oddField } from "./header_samples.ts";
import type { FuzzLayer, Tally } from "./layer.ts";
import { mutateOctets } from "./mutate.ts";
import { ReferenceDecoder } from "./reference_hpack.ts";

const MAX_LIST_OCTETS = 400;
const MAX_FIELDS = 8;
const ABUSE_OCTETS = 4 * MAX_LIST_OCTETS;

/** Header blocks, changed, against our decoder and a plain one; and what our encoder makes. */
export function createHpackLayer(share: number): FuzzLayer {
  return {
    name: "hpack",
    share,
    run: (dice, tally) => dice.chance(70) ? decodeBlocks(dice, tally) : roundTrip(dice, tally),
  };
}

/** Block after block, until one is refused for good: both decoders agree, and stay in step. */
function decodeBlocks(dice: Dice, tally: Tally): void {
  const writer = new HeaderWriter(dice);
  const decoder = new HpackDecoder({ maxListOctets: MAX_LIST_OCTETS, maxFields: MAX_FIELDS });
  const reference = new ReferenceDecoder();
  for (let blocks = 1 + dice.below(4); blocks > 0; blocks--) {
    const block = buildBlock(dice, writer);
    const expected = attempt(() => reference.decode(block));
    const outcome = attempt(() => decoder.decode(block));
    if ("error" in outcome) {
      const { error } = outcome;
      assert.ok(error instanceof HpackError, `${error}`);
      tally.add(`hpack: ${error.code}`);
      if (error.code === "COMPRESSION_ERROR") assert.ok("error" in expected, error.message);
      else assert.ok(reference.listOctets > ABUSE_OCTETS || "error" in expected);
      return;
    }
    assert.ok("value" in expected, "what a plain decoder refuses is refused");
    const { fields, listOctets, withinLimits } = outcome.value;
    const plain = fields.map(({ name, value }) => [name, value]);
    assert.equal(listOctets, reference.listOctets);
    assert.ok(listOctets <= ABUSE_OCTETS);
    const fits = expected.value.length <= MAX_FIELDS && listOctets <= MAX_LIST_OCTETS;
    assert.equal(withinLimits, fits);
    if (fits) assert.deepEqual(plain, expected.value);
    else assert.deepEqual(plain, expected.value.slice(0, plain.length));
    assert.ok(plain.length <= MAX_FIELDS);
    tally.add(fits ? "hpack: decoded" : "hpack: above the limits");
  }
}

function buildBlock(dice: Dice, writer: HeaderWriter): Uint8Array {
  if (dice.chance(10)) return dice.octets(40);
  const fields: Fields = Array.from(
    { length: dice.below(dice.chance(10) ? 40 : 8) },
    () => dice.chance(50) ? goodField(dice) : oddField(dice),
  );
  const block = writer.encode(fields);
  return dice.chance(50) ? mutateOctets(block, dice) : block;
}

/** Lists through our encoder and back, while the peer changes its table and refuses some. */
function roundTrip(dice: Dice, tally: Tally): void {
  const encoder = new HpackEncoder();
  const strict = new HpackDecoder({ maxListOctets: 200, maxFields: 4, abuseOctets: 1e6 });
  const decoder = new HpackDecoder({ maxListOctets: 1e6, maxFields: 1e6 });
  const reference = new ReferenceDecoder();
  for (let lists = 1 + dice.below(6); lists > 0; lists--) {
    if (dice.chance(20)) encoder.setPeerMaxTableOctets(dice.pick([0, 50, 200, 4096, 70_000]));
    const fields: Fields = Array.from({ length: dice.below(10) }, () => goodField(dice));
    const out = new ByteBuffer();
    encoder.encode(fields.map(([name, value]) => ({ name, value })), out);
    const block = out.view().slice();
    const pairs = (decoded: readonly { name: string; value: string }[]) =>
      decoded.map(({ name, value }) => [name, value]);
    assert.deepEqual(pairs(decoder.decode(block).fields), fields);
    assert.deepEqual(reference.decode(block), fields);
    const refused = strict.decode(block);
    if (refused.withinLimits) assert.deepEqual(pairs(refused.fields), fields);
    tally.add("hpack: round trip");
  }
}

function attempt<T>(call: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: call() };
  } catch (error) {
    return { error };
  }
}
