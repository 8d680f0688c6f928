import { strict as assert } from "node:assert";
import { Backoff, DEFAULT_BACKOFF, varyTime } from "../../rpc/backoff.ts";

Deno.test("Backoff grows by its factor up to its maximum, and starts over", () => {
  const backoff = new Backoff({ initialMs: 100, factor: 2, jitter: 0, maxMs: 500 });
  assert.deepEqual(Array.from({ length: 5 }, () => backoff.next()), [100, 200, 400, 500, 500]);
  backoff.reset();
  assert.equal(backoff.next(), 100);
});

Deno.test("Backoff varies each wait by its jitter, by default a fifth of it", () => {
  const waits = [0, 0.5, 1].map((random) => new Backoff(DEFAULT_BACKOFF, () => random).next());
  assert.deepEqual(waits, [800, 1000, 1200]);
});

Deno.test("The default waits are those of connection-backoff.md", () => {
  const backoff = new Backoff(DEFAULT_BACKOFF, () => 0.5);
  const waits = Array.from({ length: 12 }, () => Math.round(backoff.next()));
  assert.deepEqual(waits.slice(0, 4), [1000, 1600, 2560, 4096]);
  assert.deepEqual(waits.slice(-2), [109_951, 120_000]);
});

Deno.test("varyTime() varies by its share in either direction", () => {
  const times = [0, 0.5, 1].map((random) => Math.round(varyTime(1000, 0.1, () => random)));
  assert.deepEqual(times, [900, 1000, 1100]);
});
