import { strict as assert } from "node:assert";
import { Ticker } from "../../../rpc/http2/ticker.ts";
import { withTimeout } from "../../support/with_timeout.ts";

const INTERVAL_MS = 32;

Deno.test("Ticker calls each callback as often, and leaves no timer behind", async () => {
  const ticker = new Ticker(INTERVAL_MS);
  const counts = new Array(100).fill(0);
  const third = Promise.withResolvers<void>();
  const stops = counts.map((_, index) =>
    ticker.add(() => {
      counts[index]++;
      if (Math.min(...counts) >= 3) third.resolve();
    })
  );
  // Its timer does not keep a process alive that has nothing else to do; this one does.
  await withTimeout(third.promise, 10_000, "all to be called three times");
  for (const stop of stops) stop();
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, `called ${counts} times`);
});

Deno.test("Ticker starts again after all have stopped, and a stop counts once", async () => {
  const ticker = new Ticker(INTERVAL_MS);
  for (let round = 0; round < 3; round++) {
    const called = Promise.withResolvers<void>();
    const stop = ticker.add(() => called.resolve());
    const stopOther = ticker.add(() => {});
    stopOther();
    stopOther();
    await withTimeout(called.promise, 10_000, "the callback");
    stop();
  }
});

Deno.test("Ticker lets callbacks stop themselves and each other", async () => {
  const ticker = new Ticker(INTERVAL_MS);
  const called = Promise.withResolvers<void>();
  const stops = [
    ticker.add(() => {
      for (const stop of stops) stop();
      called.resolve();
    }),
    ticker.add(() => {
      throw new Error("the first of the slot stopped this one");
    }),
  ];
  await withTimeout(called.promise, 10_000, "the callback");
});
