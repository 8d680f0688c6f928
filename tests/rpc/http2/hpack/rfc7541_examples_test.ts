import assert from "node:assert/strict";
import { ByteBuffer } from "../../../../rpc/http2/byte_buffer.ts";
import { fieldOctets, HpackDecoder, HpackEncoder } from "../../../../rpc/http2/hpack/mod.ts";
import { decodeInteger, encodeInteger } from "../../../../rpc/http2/hpack/integer.ts";
import { encodeBlock, fieldsOf, fromHex, tableOf, toHex } from "./helpers.ts";

// Source of all octets here: RFC 7541 appendix C.

const INTEGERS = [
  { section: "C.1.1", value: 10, prefixBits: 5, hex: "0a" },
  { section: "C.1.2", value: 1337, prefixBits: 5, hex: "1f9a0a" },
  { section: "C.1.3", value: 42, prefixBits: 8, hex: "2a" },
];

for (const { section, value, prefixBits, hex } of INTEGERS) {
  Deno.test(`RFC 7541 ${section}: ${value} with a prefix of ${prefixBits} bits`, () => {
    const out = new ByteBuffer();
    encodeInteger(value, { prefixBits, pattern: 0 }, out);
    assert.equal(toHex(out.view()), hex);
    const cursor = { bytes: fromHex(hex), offset: 0 };
    assert.equal(decodeInteger(cursor, prefixBits), value);
    assert.equal(cursor.offset, cursor.bytes.length);
  });
}

const REPRESENTATIONS = [
  {
    section: "C.2.1, literal with indexing",
    hex: "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572",
    fields: fieldsOf("custom-key: custom-header"),
    table: fieldsOf("custom-key: custom-header"),
    tableOctets: 55,
  },
  {
    section: "C.2.2, literal without indexing",
    hex: "040c 2f73 616d 706c 652f 7061 7468",
    fields: fieldsOf(":path: /sample/path"),
    table: [],
    tableOctets: 0,
  },
  {
    section: "C.2.3, literal never indexed",
    hex: "1008 7061 7373 776f 7264 0673 6563 7265 74",
    fields: [{ name: "password", value: "secret", sensitive: true }],
    table: [],
    tableOctets: 0,
  },
  {
    section: "C.2.4, indexed",
    hex: "82",
    fields: fieldsOf(":method: GET"),
    table: [],
    tableOctets: 0,
  },
];

for (const { section, hex, fields, table, tableOctets } of REPRESENTATIONS) {
  Deno.test(`RFC 7541 ${section}`, () => {
    const decoder = new HpackDecoder();
    assert.deepEqual(decoder.decode(fromHex(hex)).fields, fields);
    assertTable(decoder, table, tableOctets);
  });
}

const REQUESTS = [
  {
    fields: fieldsOf(":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"),
    plain: "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    huffman: "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
    table: fieldsOf(":authority: www.example.com"),
    tableOctets: 57,
  },
  {
    fields: fieldsOf(
      ":method: GET",
      ":scheme: http",
      ":path: /",
      ":authority: www.example.com",
      "cache-control: no-cache",
    ),
    plain: "8286 84be 5808 6e6f 2d63 6163 6865",
    huffman: "8286 84be 5886 a8eb 1064 9cbf",
    table: fieldsOf("cache-control: no-cache", ":authority: www.example.com"),
    tableOctets: 110,
  },
  {
    fields: fieldsOf(
      ":method: GET",
      ":scheme: https",
      ":path: /index.html",
      ":authority: www.example.com",
      "custom-key: custom-value",
    ),
    plain: "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    huffman: "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
    table: fieldsOf(
      "custom-key: custom-value",
      "cache-control: no-cache",
      ":authority: www.example.com",
    ),
    tableOctets: 164,
  },
];

const FIRST_DATE = "date: Mon, 21 Oct 2013 20:13:21 GMT";
const SECOND_DATE = "date: Mon, 21 Oct 2013 20:13:22 GMT";
const LOCATION = "location: https://www.example.com";
const COOKIE = "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

/** With a table of 256 octets, so that entries are evicted. */
const RESPONSES = [
  {
    fields: fieldsOf(":status: 302", "cache-control: private", FIRST_DATE, LOCATION),
    plain: `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
            2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
            6c65 2e63 6f6d`,
    huffman: `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
              2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
    table: fieldsOf(LOCATION, FIRST_DATE, "cache-control: private", ":status: 302"),
    tableOctets: 222,
  },
  {
    fields: fieldsOf(":status: 307", "cache-control: private", FIRST_DATE, LOCATION),
    plain: "4803 3330 37c1 c0bf",
    huffman: "4883 640e ffc1 c0bf",
    table: fieldsOf(":status: 307", LOCATION, FIRST_DATE, "cache-control: private"),
    tableOctets: 222,
  },
  {
    fields: fieldsOf(
      ":status: 200",
      "cache-control: private",
      SECOND_DATE,
      LOCATION,
      "content-encoding: gzip",
      COOKIE,
    ),
    plain: `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
            54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
            5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
            3d31`,
    huffman: `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
              77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
              9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    table: fieldsOf(COOKIE, "content-encoding: gzip", SECOND_DATE),
    tableOctets: 215,
  },
];

const CONVERSATIONS = [
  { section: "C.3, requests", blocks: REQUESTS, form: "plain", maxTableOctets: 4096 },
  { section: "C.4, requests", blocks: REQUESTS, form: "huffman", maxTableOctets: 4096 },
  { section: "C.5, responses", blocks: RESPONSES, form: "plain", maxTableOctets: 256 },
  { section: "C.6, responses", blocks: RESPONSES, form: "huffman", maxTableOctets: 256 },
] as const;

for (const { section, blocks, form, maxTableOctets } of CONVERSATIONS) {
  Deno.test(`RFC 7541 ${section}, ${form}: decode() gives the fields and the table of each`, () => {
    const decoder = new HpackDecoder({ maxTableOctets });
    for (const block of blocks) {
      const decoded = decoder.decode(fromHex(block[form]));
      assert.deepEqual(decoded.fields, block.fields);
      assert.equal(decoded.listOctets, octetsOf(block.fields));
      assert.equal(decoded.withinLimits, true);
      assertTable(decoder, block.table, block.tableOctets);
    }
  });
}

Deno.test("RFC 7541 C.4, requests: encode() writes the very octets", () => {
  const encoder = new HpackEncoder();
  for (const { fields, huffman } of REQUESTS) {
    assert.equal(toHex(encodeBlock(encoder, fields)), toHex(fromHex(huffman)));
  }
});

function assertTable(
  decoder: HpackDecoder,
  table: ReturnType<typeof fieldsOf>,
  tableOctets: number,
): void {
  const entries = tableOf(decoder);
  assert.deepEqual(entries, table);
  assert.equal(octetsOf(entries), tableOctets);
}

function octetsOf(fields: ReturnType<typeof fieldsOf>): number {
  return fields.reduce((octets, field) => octets + fieldOctets(field), 0);
}
