import { strict as assert } from "node:assert";
import { ReceiveWindow } from "../../../rpc/http2/receive_window.ts";
import { createRandom, printSeed } from "../../support/random.ts";

Deno.test("ReceiveWindow takes as much as it is large, and not one octet more", () => {
  const window = new ReceiveWindow(100);
  assert.ok(window.receive(60));
  assert.ok(window.receive(40));
  assert.ok(window.receive(0));
  assert.equal(window.receive(1), false);
});

Deno.test("ReceiveWindow announces when half of it is owed", () => {
  const window = new ReceiveWindow(100);
  window.receive(100);
  assert.equal(window.release(49), 0);
  assert.equal(window.release(1), 50);
  assert.equal(window.release(49), 0);
  assert.equal(window.flush(), 49);
  assert.equal(window.flush(), 0);
});

Deno.test("ReceiveWindow can be used again as far as it was announced", () => {
  const window = new ReceiveWindow(100);
  window.receive(100);
  window.release(49);
  assert.equal(window.receive(1), false, "owed, but not announced");
});

Deno.test("ReceiveWindow says when half a window came to a reader that keeps up", () => {
  const window = new ReceiveWindow(100);
  for (let round = 0; round < 3; round++) {
    for (let count = 0; count < 4; count++) {
      window.receive(10);
      assert.equal(window.drained(), false);
    }
    window.receive(10);
    assert.equal(window.drained(), true);
  }
});

Deno.test("ReceiveWindow owes what it grew by", () => {
  const window = new ReceiveWindow(100);
  window.receive(100);
  window.release(30);
  window.grow(100);
  assert.equal(window.sizeOctets, 200);
  assert.equal(window.flush(), 130);
  assert.ok(window.receive(130));
  assert.equal(window.receive(1), false);
});

Deno.test("ReceiveWindow balances: announced octets are those released and grown, less what is owed", () => {
  const random = createRandom(printSeed());
  const window = new ReceiveWindow(1000);
  let open = 1000;
  let held = 0;
  for (let round = 0; round < 10_000; round++) {
    const received = random(open + 1);
    assert.ok(window.receive(received));
    open -= received;
    held += received;
    const released = random(held + 1);
    held -= released;
    open += window.release(released);
    if (random(100) === 0) {
      window.grow(10);
      open += window.flush();
    }
    assert.ok(open + held <= window.sizeOctets);
  }
  open += window.release(held) + window.flush();
  assert.equal(open, window.sizeOctets);
});
