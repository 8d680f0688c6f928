import assert from "node:assert/strict";
import { InFlight } from "../../streaming/in_flight.ts";
import type { CsvRecord } from "../../tabular/mod.ts";
import { withTimeout } from "../support/with_timeout.ts";

function record(line: number): CsvRecord {
  return { cells: [], line };
}

Deno.test("InFlight gives rows back in order, with the time they were sent", () => {
  const inFlight = new InFlight(3);
  assert.equal(inFlight.shift(), undefined);
  inFlight.push(record(1), 10);
  inFlight.push(record(2), 20);
  assert.equal(inFlight.count, 2);
  assert.deepEqual(inFlight.shift(), { record: record(1), sentAtMs: 10 });
  inFlight.push(record(3), 30.5);
  assert.deepEqual(inFlight.shift(), { record: record(2), sentAtMs: 20 });
  assert.deepEqual(inFlight.shift(), { record: record(3), sentAtMs: 30.5 });
  assert.equal(inFlight.shift(), undefined);
  assert.equal(inFlight.count, 0);
});

Deno.test("InFlight agrees with a plain queue, however it grows and wraps", () => {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  let state = seed;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const inFlight = new InFlight(1000);
  const queue: number[] = [];
  let line = 0;
  for (let round = 0; round < 300; round++) {
    for (let left = Math.floor(random() * 90); left > 0 && !inFlight.isFull; left--) {
      inFlight.push(record(++line), line / 4);
      queue.push(line);
    }
    for (let left = Math.floor(random() * 80); left > 0; left--) {
      const expected = queue.shift();
      const row = inFlight.shift();
      assert.equal(row?.record.line, expected, `seed ${seed}`);
      assert.equal(row?.sentAtMs, expected === undefined ? undefined : expected / 4);
    }
    assert.equal(inFlight.count, queue.length, `seed ${seed}`);
  }
});

Deno.test("InFlight is full at its limit, and lets one waiter in per place or at the close", async () => {
  const inFlight = new InFlight(1);
  await withTimeout(inFlight.room(), 1000, "room");
  inFlight.push(record(1), 0);
  assert.equal(inFlight.isFull, true);
  let entered = false;
  const room = inFlight.room().then(() => entered = true);
  await Promise.resolve();
  assert.equal(entered, false);
  inFlight.shift();
  await withTimeout(room, 1000, "room after an answer");
  assert.equal(inFlight.isFull, false);
  inFlight.push(record(2), 0);
  const closing = inFlight.room();
  inFlight.close();
  await withTimeout(closing, 1000, "room after the close");
});

Deno.test("InFlight without a limit is never full", () => {
  const inFlight = new InFlight(Infinity);
  for (let line = 1; line <= 10_000; line++) inFlight.push(record(line), line);
  assert.equal(inFlight.isFull, false);
  assert.equal(inFlight.shift()?.record.line, 1);
});
