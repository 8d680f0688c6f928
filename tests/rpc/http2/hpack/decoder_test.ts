import assert from "node:assert/strict";
import type { HeaderField } from "../../../../rpc/http2/header_field.ts";
import {
  type DecodedHeaders,
  HpackDecoder,
  type HpackDecoderOptions,
} from "../../../../rpc/http2/hpack/mod.ts";
import { createRandom, fieldsOf, fromHex, hpackError, indexedField, tableOf } from "./helpers.ts";

const A_B = "40 01 61 01 62"; // a: b, with indexing
const STATUS_200 = "88";

const MALFORMED = [
  { what: "index 0", hex: "80", message: /index 0 is not within 1 to 61/ },
  { what: "an index beyond an empty table", hex: "be", message: /index 62 is not within 1 to 61/ },
  {
    what: "an index beyond the table",
    hex: `${A_B} bf`,
    message: /index 63 is not within 1 to 62/,
  },
  {
    what: "a name beyond the table",
    hex: "7f 00 01 62",
    message: /index 63 is not within 1 to 61/,
  },
  { what: "an index of 6 octets", hex: "ff 80 80 80 80 00", message: /takes more than 5 octets/ },
  { what: "a string of 2^28 octets", hex: "40 7f ff ff ff 7f", message: /has only 0 left/ },
  { what: "a string cut short", hex: "40 01 61 03 62", message: /of 3 octets has only 1 left/ },
  { what: "a field without a name", hex: "40", message: /the header block ends inside it/ },
  { what: "a field without a value", hex: "40 01 61", message: /the header block ends inside it/ },
  { what: "Huffman code with EOS", hex: "40 84 ff ff ff ff 00", message: /contains EOS/ },
  { what: "Huffman code with bad padding", hex: "40 82 1f ff 00", message: /up to 7 ones/ },
  { what: "a size update after a field", hex: `${STATUS_200} 20`, message: /follows a field/ },
  { what: "a size update past the end of a literal", hex: `${A_B} 3f e1 1f`, message: /follows/ },
  { what: "a third size update", hex: "20 20 20", message: /more than 2 size updates/ },
  { what: "a size update above the maximum", hex: "3f e2 1f", message: /4097 is above the limit/ },
  { what: "a size update cut short", hex: "3f e1", message: /the header block ends inside it/ },
];

for (const { what, hex, message } of MALFORMED) {
  Deno.test(`decode() refuses ${what}`, () => {
    assert.throws(
      () => new HpackDecoder().decode(fromHex(hex)),
      hpackError("COMPRESSION_ERROR", message),
    );
  });
}

Deno.test("decode() refuses every block that ends inside a field", () => {
  const block = fromHex(`${A_B} 00 82 64 02 00 10 01 63 01 64 7e 81 1f`);
  const ends = new Set([5, 10, 15, 18]);
  for (let end = 1; end <= block.length; end++) {
    const decode = () => new HpackDecoder().decode(block.subarray(0, end));
    if (ends.has(end)) decode();
    else assert.throws(decode, hpackError("COMPRESSION_ERROR", /Cannot decode the/), `end ${end}`);
  }
});

Deno.test("decode() takes an empty block, and one of size updates only", () => {
  const decoder = new HpackDecoder();
  const nothing: DecodedHeaders = { fields: [], listOctets: 0, withinLimits: true };
  assert.deepEqual(decoder.decode(fromHex("")), nothing);
  assert.deepEqual(decoder.decode(fromHex("20 3f e1 1f")), nothing);
});

Deno.test("decode() reads a block that is a view into a larger buffer", () => {
  const buffer = fromHex(`ff ff ${A_B} 88 ff`);
  assert.deepEqual(
    new HpackDecoder().decode(buffer.subarray(2, 8)).fields,
    fieldsOf("a: b", ":status: 200"),
  );
});

Deno.test("decode() keeps every octet of a value as one character", () => {
  const octets = Array.from({ length: 256 }, (_, octet) => octet);
  const block = Uint8Array.of(0x00, 0x01, 0x61, 0x7f, 0x81, 0x01, ...octets);
  const [field] = new HpackDecoder().decode(block).fields;
  assert.deepEqual(Array.from(field.value, (character) => character.charCodeAt(0)), octets);
});

Deno.test("decode() returns the table's own object for an index", () => {
  const decoder = new HpackDecoder();
  const [literal] = decoder.decode(fromHex(A_B)).fields;
  const [first, second] = decoder.decode(fromHex("be be")).fields;
  assert.equal(first, literal);
  assert.equal(second, literal);
  assert.equal(
    decoder.decode(fromHex("88")).fields[0],
    new HpackDecoder().decode(fromHex("88")).fields[0],
  );
});

Deno.test("decode() marks a field that is never indexed as sensitive, and keeps it out of the table", () => {
  const decoder = new HpackDecoder();
  assert.deepEqual(decoder.decode(fromHex("10 01 61 01 62 1f 08 01 63 00 01 61 01 62")).fields, [
    { name: "a", value: "b", sensitive: true },
    { name: "authorization", value: "c", sensitive: true },
    { name: "a", value: "b" },
  ]);
  assert.deepEqual(tableOf(decoder), []);
});

Deno.test("decode() reads a name from the entry that its field evicts", () => {
  const decoder = new HpackDecoder({ maxTableOctets: 34 });
  decoder.decode(fromHex(A_B));
  assert.deepEqual(decoder.decode(fromHex("7e 01 63")).fields, fieldsOf("a: c"));
  assert.deepEqual(tableOf(decoder), fieldsOf("a: c"));
});

Deno.test("decode() empties the table for a field larger than it, and still returns the field", () => {
  const decoder = new HpackDecoder({ maxTableOctets: 40 });
  decoder.decode(fromHex(A_B));
  assert.deepEqual(
    decoder.decode(fromHex("40 01 61 08 6262626262626262")).fields,
    fieldsOf("a: bbbbbbbb"),
  );
  assert.deepEqual(tableOf(decoder), []);
});

Deno.test("A size update evicts, and the table may grow again up to the maximum", () => {
  const decoder = new HpackDecoder();
  decoder.decode(fromHex(`${A_B} 40 01 63 01 64`));
  decoder.decode(fromHex("3f 03")); // 34 octets
  assert.deepEqual(tableOf(decoder), fieldsOf("c: d"));
  decoder.decode(fromHex("20 3f e1 1f")); // 0, then 4096
  assert.deepEqual(tableOf(decoder), []);
  decoder.decode(fromHex(`${A_B} 40 01 63 01 64`));
  assert.deepEqual(tableOf(decoder), fieldsOf("c: d", "a: b"));
});

Deno.test("The table is of 4096 octets until the peer says that it uses more", () => {
  const decoder = new HpackDecoder({ maxTableOctets: 8192 });
  const entries = (count: number) => A_B.repeat(count).replaceAll(" ", "");
  decoder.decode(fromHex(entries(128)));
  assert.equal(tableOf(decoder).length, 120);
  decoder.decode(fromHex("3f e1 3f")); // 8192
  decoder.decode(fromHex(entries(128)));
  assert.equal(tableOf(decoder).length, 240);
});

Deno.test("Past maxFields, decode() drops fields and says so", () => {
  const decoder = new HpackDecoder({ maxFields: 2 });
  assert.equal(decoder.decode(fromHex("88 88")).withinLimits, true);
  const decoded = decoder.decode(fromHex("88 88 89"));
  assert.deepEqual(decoded, {
    fields: fieldsOf(":status: 200", ":status: 200"),
    listOctets: 126,
    withinLimits: false,
  });
});

Deno.test("Past maxListOctets, decode() drops fields and says so", () => {
  const decoder = new HpackDecoder({ maxListOctets: 84 });
  assert.equal(decoder.decode(fromHex("88 88")).withinLimits, true);
  const decoded = decoder.decode(fromHex("88 89 00 01 61 01 62 82"));
  assert.deepEqual(decoded, {
    fields: fieldsOf(":status: 200", ":status: 204"),
    listOctets: 160,
    withinLimits: false,
  });
});

Deno.test("decode() forgets the limits that the block before ran into", () => {
  const decoder = new HpackDecoder({ maxFields: 1 });
  decoder.decode(fromHex("88 88"));
  assert.deepEqual(decoder.decode(fromHex("89")).fields, fieldsOf(":status: 204"));
});

Deno.test("The table is in step after a block over the limits", () => {
  const decoder = new HpackDecoder({ maxFields: 1 });
  // Plain and Huffman text, with an indexed and a new name, all of it dropped.
  decoder.decode(fromHex(`88 ${A_B} 00 01 78 01 79 7e 01 63 48 82 64 02 10 01 78 01 79`));
  assert.deepEqual(tableOf(decoder), fieldsOf(":status: 302", "a: c", "a: b"));
});

const ABUSES = [
  { what: "indexed fields", block: new Uint8Array(2000).fill(0x88) },
  { what: "long values", block: literals(20, 8000) },
  { what: "long values that are not indexed", block: literals(20, 8000, 0x00) },
  { what: "fields with neither name nor value", block: new Uint8Array(9000).fill(0) },
  { what: "one value larger than it", block: literals(1, 70_000) },
];

for (const { what, block } of ABUSES) {
  Deno.test(`decode() ends at abuseOctets with ${what}`, () => {
    assert.throws(
      () => new HpackDecoder().decode(block),
      hpackError("ENHANCE_YOUR_CALM", /take more than 65536 octets/),
    );
  });
}

Deno.test("decode() goes on up to the last octet of abuseOctets", () => {
  const options: HpackDecoderOptions = { maxListOctets: 42, abuseOctets: 84 };
  assert.equal(new HpackDecoder(options).decode(fromHex("88 88")).listOctets, 84);
  assert.throws(
    () => new HpackDecoder(options).decode(fromHex("88 88 88")),
    hpackError("ENHANCE_YOUR_CALM", /more than 84 octets/),
  );
});

Deno.test("An HPACK bomb ends after 64 KiB, having copied its text once", () => {
  const decoder = new HpackDecoder();
  decoder.decode(literals(1, 4000)); // fills the table with one entry
  const bomb = new Uint8Array(60_000).fill(0xbe);
  assert.throws(() => decoder.decode(bomb), hpackError("ENHANCE_YOUR_CALM", /./));
  const { fields } = decoder.decode(bomb.subarray(0, 4));
  assert.equal(new Set(fields).size, 1);
});

Deno.test("The expansion of Huffman code is charged, too", () => {
  // 50,000 octets of zeros are 80,000 times "0".
  const block = Uint8Array.of(0x00, 0x01, 0x61, 0xff, 0xd1, 0x85, 0x03, ...new Uint8Array(50_000));
  assert.throws(() => new HpackDecoder().decode(block), hpackError("ENHANCE_YOUR_CALM", /./));
});

Deno.test("A string's length costs nothing before its octets are there", () => {
  const decoder = new HpackDecoder({ maxListOctets: 2 ** 30 });
  for (let i = 0; i < 1000; i++) {
    assert.throws(
      () => decoder.decode(fromHex("00 ff 80 ff ff 7f")),
      hpackError("COMPRESSION_ERROR", /has only 0 left/),
    );
  }
});

Deno.test("decode() answers random octets with fields or an HpackError", () => {
  const seed = Date.now() >>> 0;
  const random = createRandom(seed);
  for (let round = 0; round < 3000; round++) {
    const decoder = new HpackDecoder({ maxListOctets: 2048 });
    const block = Uint8Array.from({ length: 1 + random(60) }, () => random(256));
    try {
      const { fields, listOctets, withinLimits } = decoder.decode(block);
      if (withinLimits) assert.equal(listOctets, octetsOf(fields));
      else assert.ok(listOctets > 2048);
    } catch (error) {
      const isExpected = hpackError("COMPRESSION_ERROR", /./)(error) ||
        hpackError("ENHANCE_YOUR_CALM", /./)(error);
      assert.ok(isExpected, `seed ${seed}, round ${round}: ${error}`);
    }
  }
});

/** `count` fields named "a" with values of zeros; 0x40 as first octet asks for indexing. */
function literals(count: number, valueOctets: number, first = 0x40): Uint8Array {
  const length = indexedField(valueOctets); // the same 7-bit prefix as a string's length
  length[0] &= 0x7f;
  const field = [first, 1, 0x61, ...length, ...new Uint8Array(valueOctets)];
  return Uint8Array.from({ length: count * field.length }, (_, at) => field[at % field.length]);
}

function octetsOf(fields: readonly HeaderField[]): number {
  return fields.reduce((octets, { name, value }) => octets + name.length + value.length + 32, 0);
}
