import assert from "node:assert/strict";
import { ByteBuffer } from "../../../../rpc/http2/byte_buffer.ts";
import { decodeInteger, encodeInteger } from "../../../../rpc/http2/hpack/integer.ts";
import { fromHex, hpackError } from "./helpers.ts";

Deno.test("decodeInteger() reads what encodeInteger() wrote, with every prefix", () => {
  const values = [0, 1, 127, 128, 255, 256, 16383, 16384, 65535, 1 << 20, (1 << 28) - 1];
  for (let prefixBits = 1; prefixBits <= 8; prefixBits++) {
    const full = (1 << prefixBits) - 1;
    for (const value of [...values, full - 1, full, full + 1, full + 127, full + 128]) {
      const out = new ByteBuffer();
      encodeInteger(value, { prefixBits, pattern: 0xff & ~full }, out);
      const cursor = { bytes: out.view(), offset: 0 };
      assert.equal(cursor.bytes[0] | full, 0xff, "the bits before the prefix are kept");
      assert.equal(decodeInteger(cursor, prefixBits), value);
      assert.equal(cursor.offset, out.length);
    }
  }
});

Deno.test("decodeInteger() takes zeros that add nothing, up to 5 octets", () => {
  assert.equal(decodeInteger({ bytes: fromHex("1f 80 80 80 00"), offset: 0 }, 5), 31);
});

const REFUSED = [
  { what: "6 octets", hex: "1f 80 80 80 80 00", message: /takes more than 5 octets/ },
  { what: "32 set bits", hex: "1f ff ff ff ff 0f", message: /takes more than 5 octets/ },
  { what: "endless zeros", hex: `1f ${"80".repeat(1000)}`, message: /takes more than 5 octets/ },
  { what: "nothing", hex: "", message: /at octet 0: the header block ends inside it/ },
  { what: "a prefix only", hex: "1f", message: /the header block ends inside it/ },
  { what: "an open end", hex: "1f 9a", message: /the header block ends inside it/ },
];

for (const { what, hex, message } of REFUSED) {
  Deno.test(`decodeInteger() refuses ${what}`, () => {
    assert.throws(
      () => decodeInteger({ bytes: fromHex(hex), offset: 0 }, 5),
      hpackError("COMPRESSION_ERROR", message),
    );
  });
}
