import { strict as assert } from "node:assert";
import { HeaderBlock } from "../../../rpc/http2/header_block.ts";
import { resolveLimits } from "../../../rpc/http2/limits.ts";
import { pattern } from "./rig.ts";

const LIMITS = resolveLimits({ maxHeaderBlockOctets: 1000, maxContinuations: 3 });

Deno.test("HeaderBlock joins its fragments, whose buffers are reused meanwhile", () => {
  const block = new HeaderBlock(LIMITS);
  const whole = pattern(300);
  for (const at of [0, 100, 200]) {
    const fragment = whole.slice(at, at + 100);
    if (at === 0) block.begin(5, fragment, true);
    else block.append(fragment);
    fragment.fill(0);
  }
  assert.equal(block.streamId, 5);
  assert.equal(block.endStream, true);
  assert.deepEqual(block.finish(), whole);
  assert.equal(block.streamId, 0);
});

Deno.test("HeaderBlock starts anew after each block", () => {
  const block = new HeaderBlock(LIMITS);
  for (let count = 0; count < 10; count++) {
    block.begin(1, pattern(400), false);
    for (let more = 0; more < 3; more++) block.append(pattern(200));
    assert.equal(block.finish().length, 1000);
  }
});

Deno.test("HeaderBlock takes as many octets as allowed, and not one more", () => {
  const block = new HeaderBlock(LIMITS);
  block.begin(1, pattern(999), false);
  block.append(pattern(1));
  assert.throws(() => block.append(pattern(1)), {
    codeName: "ENHANCE_YOUR_CALM",
    message: "Cannot take a header block above 1000 octets",
  });
  assert.throws(() => new HeaderBlock(LIMITS).begin(1, pattern(1001), false), {
    codeName: "ENHANCE_YOUR_CALM",
  });
});

Deno.test("HeaderBlock takes as many CONTINUATIONs as allowed, empty ones included", () => {
  const block = new HeaderBlock(LIMITS);
  block.begin(1, pattern(0), false);
  for (let count = 0; count < 3; count++) block.append(pattern(0));
  assert.throws(() => block.append(pattern(0)), {
    codeName: "ENHANCE_YOUR_CALM",
    message: "Cannot take more than 3 CONTINUATION frames in a header block",
  });
});
