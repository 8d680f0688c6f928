import { strict as assert } from "node:assert";
import { decodeStatusMessage, encodeStatusMessage } from "../../rpc/status_message.ts";

/** The interop tests' special_status_message. */
const PROBE = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n";

Deno.test("encodeStatusMessage() percent-encodes all but printable ASCII, in upper case", () => {
  assert.equal(encodeStatusMessage("plain ~!#$&'text"), "plain ~!#$&'text");
  assert.equal(encodeStatusMessage("100%"), "100%25");
  assert.equal(
    encodeStatusMessage(PROBE),
    "%09%0Atest with whitespace%0D%0Aand Unicode BMP %E2%98%BA and non-BMP %F0%9F%98%88%09%0A",
  );
  assert.equal(encodeStatusMessage("\u007f\u0000"), "%7F%00");
  assert.equal(encodeStatusMessage(""), "");
});

Deno.test("encodeStatusMessage() takes half a surrogate pair for U+FFFD", () => {
  assert.equal(encodeStatusMessage("\ud83d"), "%EF%BF%BD");
});

Deno.test("Every message comes back as it was", () => {
  const all = Array.from({ length: 0x2000 }, (_, code) => String.fromCharCode(code)).join("");
  for (const message of [PROBE, "", "%", "%%", "%41", "100% ☺", all]) {
    assert.equal(decodeStatusMessage(encodeStatusMessage(message)), message);
  }
});

const BAD = [
  ["%", "%"],
  ["%4", "%4"],
  ["%zz", "%zz"],
  ["a%4gb%41", "a%4gbA"],
  ["%%41", "%A"],
  ["100%25 and 100%", "100% and 100%"],
  ["%e2%98%ba lower case", "☺ lower case"],
  ["%E2%98", "\ufffd"],
  ["%FF%FE", "\ufffd\ufffd"],
  // Not encoded at all, as some servers send it: HPACK gives an octet for each character.
  ["\u00e2\u0098\u00ba", "☺"],
] as const;

for (const [encoded, decoded] of BAD) {
  Deno.test(`decodeStatusMessage() reads ${JSON.stringify(encoded)}`, () => {
    assert.equal(decodeStatusMessage(encoded), decoded);
  });
}

Deno.test("decodeStatusMessage() never throws", () => {
  let seed = 20_261_121;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) & 0x7fff_ffff;
    return seed % below;
  };
  for (let round = 0; round < 2000; round++) {
    const codes = Array.from({ length: random(12) }, () => random(3) ? random(256) : 37);
    decodeStatusMessage(String.fromCharCode(...codes));
  }
});
