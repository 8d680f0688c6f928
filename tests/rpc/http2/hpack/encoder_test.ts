import assert from "node:assert/strict";
import { ByteBuffer } from "../../../../rpc/http2/byte_buffer.ts";
import { HpackDecoder, HpackEncoder } from "../../../../rpc/http2/hpack/mod.ts";
import { createRandom, encodeBlock, fieldsOf, fromHex, tableOf, toHex } from "./helpers.ts";

const HEADERS = fieldsOf(":status: 200", "content-type: application/grpc");
const TRAILERS = fieldsOf("grpc-status: 0");

Deno.test("encode() writes repeated fields as one octet each", () => {
  const encoder = new HpackEncoder();
  encodeBlock(encoder, HEADERS);
  encodeBlock(encoder, TRAILERS);
  for (let i = 0; i < 1000; i++) {
    assert.equal(toHex(encodeBlock(encoder, HEADERS)), "88bf");
    assert.equal(toHex(encodeBlock(encoder, TRAILERS)), "be");
  }
});

Deno.test("encode() appends to what the buffer holds", () => {
  const out = new ByteBuffer(1);
  out.append(fromHex("0a0b"));
  new HpackEncoder().encode(HEADERS, out);
  assert.equal(toHex(out.view().subarray(0, 3)), "0a0b88");
});

const LITERALS = [
  { what: "a new name", line: "x: y", hex: "40 01 78 01 79" },
  { what: "a name of the static table", line: ":status: 201", hex: "48 82 10 03" },
  {
    what: "text that Huffman code makes shorter",
    line: "te: trailers",
    hex: "40 02 7465 86 4d833505b11f",
  },
  { what: "text that Huffman code makes longer", line: "x: \x01\x02", hex: "40 01 78 02 01 02" },
  { what: "an empty value", line: "x: ", hex: "40 01 78 00" },
];

for (const { what, line, hex } of LITERALS) {
  Deno.test(`encode() writes ${what}`, () => {
    const encoder = new HpackEncoder();
    assert.equal(toHex(encodeBlock(encoder, fieldsOf(line))), toHex(fromHex(hex)));
    assert.equal(toHex(encodeBlock(encoder, fieldsOf(line))), "be");
  });
}

const NOT_INDEXED = [
  "grpc-timeout: 1S",
  "content-length: 5",
  "date: Mon, 21 Oct 2013 20:13:21 GMT",
  "grpc-message: no such sensor",
  "grpc-status-details-bin: CAUS",
  "grpc-trace-bin: AAAA",
  "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
  "x-request-id: 8b4f",
];

for (const line of NOT_INDEXED) {
  Deno.test(`encode() keeps "${line}" out of the table`, () => {
    const decoder = new HpackDecoder();
    assert.deepEqual(
      decoder.decode(encodeBlock(new HpackEncoder(), fieldsOf(line))).fields,
      fieldsOf(line),
    );
    assert.deepEqual(tableOf(decoder), []);
  });
}

const NEVER_INDEXED = [
  { name: "authorization", value: "Bearer abc" },
  { name: "proxy-authorization", value: "Basic abc" },
  { name: "cookie", value: "a=19 characters lo." },
  { name: "x-api-key", value: "secret", sensitive: true },
  { name: ":method", value: "GET", sensitive: true },
];

for (const field of NEVER_INDEXED) {
  Deno.test(`encode() writes "${field.name}: ${field.value}" as never indexed`, () => {
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
    for (let i = 0; i < 2; i++) {
      const { fields } = decoder.decode(encodeBlock(encoder, [field]));
      assert.deepEqual(fields, [{ ...field, sensitive: true }]);
    }
    assert.deepEqual(tableOf(decoder), []);
  });
}

Deno.test("encode() writes a field as never indexed even where the table has it", () => {
  const encoder = new HpackEncoder();
  encodeBlock(encoder, fieldsOf("x: y"));
  const sensitive = [{ name: "x", value: "y", sensitive: true }];
  assert.equal(toHex(encodeBlock(encoder, sensitive)), "1f2f0179");
});

Deno.test("encode() indexes a cookie of 20 characters", () => {
  const encoder = new HpackEncoder();
  const cookie = fieldsOf("cookie: a=20 characters long");
  encodeBlock(encoder, cookie);
  assert.equal(toHex(encodeBlock(encoder, cookie)), "be");
});

Deno.test("encode() keeps a field out of the table that would fill most of it", () => {
  const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
  decoder.decode(encodeBlock(encoder, fieldsOf("a: b")));
  decoder.decode(encodeBlock(encoder, [{ name: "x", value: "y".repeat(3072 - 32) }]));
  assert.deepEqual(tableOf(decoder), fieldsOf("a: b"));
});

Deno.test("The encoder's table is of 4096 octets, whatever the peer offers", () => {
  const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
  encoder.setPeerMaxTableOctets(1 << 20);
  for (let i = 0; i < 1000; i++) {
    // Would be refused if it announced more, and garbled if it used more.
    const fields = fieldsOf(`x-number: ${i}`, `x-number: ${Math.max(0, i - 100)}`);
    assert.deepEqual(decoder.decode(encodeBlock(encoder, fields)).fields, fields);
  }
  assert.ok(tableOf(decoder).length < 4096 / 32);
});

const SIZE_UPDATES = [
  { what: "the size it has", sizes: [4096], hex: "" },
  { what: "more than the maximum", sizes: [65536], hex: "" },
  { what: "less", sizes: [100], hex: "3f45" },
  { what: "nothing", sizes: [0], hex: "20" },
  { what: "less and less", sizes: [100, 50], hex: "3f13" },
  { what: "less and then more", sizes: [50, 100], hex: "3f133f45" },
  { what: "nothing and then all", sizes: [0, 65536], hex: "203fe11f" },
  { what: "up and down", sizes: [100, 50, 4096, 200], hex: "3f133fa901" },
];

for (const { what, sizes, hex } of SIZE_UPDATES) {
  Deno.test(`After the peer allowed ${what}, the next block starts with "${hex}"`, () => {
    const encoder = new HpackEncoder();
    for (const size of sizes) encoder.setPeerMaxTableOctets(size);
    assert.equal(toHex(encodeBlock(encoder, fieldsOf(":status: 200"))), `${hex}88`);
    assert.equal(toHex(encodeBlock(encoder, fieldsOf(":status: 200"))), "88");
  });
}

Deno.test("A smaller table drops the oldest entries; a larger one starts to fill again", () => {
  const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
  const lines = fieldsOf("a: 1", "b: 2", "c: 3", "d: 4");
  const exchange = () => decoder.decode(encodeBlock(encoder, lines)).fields;
  assert.deepEqual(exchange(), lines);
  for (const size of [100, 0, 4096, 47, 4096]) {
    encoder.setPeerMaxTableOctets(size);
    assert.deepEqual(exchange(), lines);
    assert.deepEqual(exchange(), lines);
  }
  assert.equal(encodeBlock(encoder, lines).length, 4);
});

Deno.test("encode() refuses text wider than one octet, and both sides stay in step", () => {
  for (const size of [4096, 200, 0]) {
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
    decoder.decode(encodeBlock(encoder, fieldsOf("a: 1")));
    encoder.setPeerMaxTableOctets(size);
    const out = new ByteBuffer();
    out.append(fromHex("0a0b"));
    assert.throws(
      () => encoder.encode(fieldsOf("b: 2", "c: ☺"), out),
      /Cannot encode header field "c": "☺" is not one octet/,
    );
    assert.equal(toHex(out.view()), "0a0b");
    for (let i = 0; i < 2; i++) {
      const lines = fieldsOf("a: 1", "b: 2", "c: 3");
      assert.deepEqual(decoder.decode(encodeBlock(encoder, lines)).fields, lines);
    }
  }
});

Deno.test("decode() reads what encode() wrote, for random blocks and table sizes", () => {
  const seed = Date.now() >>> 0;
  const random = createRandom(seed);
  const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
  const pick = <T>(choices: readonly T[]): T => choices[random(choices.length)];
  const randomText = () =>
    String.fromCharCode(...Array.from({ length: random(30) }, () => random(256)));
  const names = [
    ":path",
    ":status",
    "te",
    "x-a",
    "x-b",
    "x-c",
    "grpc-timeout",
    "x-bin",
    "user-agent",
  ];
  for (let round = 0; round < 2000; round++) {
    if (random(20) === 0) encoder.setPeerMaxTableOctets(pick([0, 64, 300, 1000, 4096, 65536]));
    const fields = Array.from({ length: random(12) }, () => ({
      name: random(10) === 0 ? `x${randomText()}` : pick(names),
      value: random(3) === 0 ? randomText() : String(random(20)),
      ...(random(10) === 0 ? { sensitive: true } : {}),
    }));
    const decoded = decoder.decode(encodeBlock(encoder, fields));
    assert.deepEqual(decoded.fields, fields, `seed ${seed}, round ${round}`);
  }
});
