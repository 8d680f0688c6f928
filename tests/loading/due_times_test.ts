import assert from "node:assert/strict";
import { DueTimes } from "../../loading/due_times.ts";

Deno.test("DueTimes gives the oldest first, however it grows and wraps", () => {
  const times = new DueTimes(1000);
  let pushed = 0;
  let shifted = 0;
  for (let round = 1; round <= 40; round++) {
    for (let item = 0; item < 20 && !times.isFull; item++) times.push(pushed++);
    for (let item = 0; item < round % 13; item++) assert.equal(times.shift(), shifted++);
    assert.equal(times.count, pushed - shifted);
  }
  while (times.count > 0) assert.equal(times.shift(), shifted++);
  assert.equal(shifted, pushed);
  assert.equal(times.shift(), undefined);
});

Deno.test("DueTimes is full at its limit, and wakes who waits for room", async () => {
  const times = new DueTimes(2);
  times.push(1);
  assert.equal(times.isFull, false);
  times.push(2);
  assert.equal(times.isFull, true);
  const room = times.room();
  times.shift();
  times.announceRoom();
  await room;
  assert.equal(times.isFull, false);
});
