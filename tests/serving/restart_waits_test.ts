import assert from "node:assert/strict";
import { RestartWaits } from "../../serving/restart_waits.ts";

Deno.test("RestartWaits starts again at once, then waits longer each time, up to half a minute", () => {
  const waits = new RestartWaits(() => 0.5);
  const first = Array.from({ length: 8 }, () => waits.next());
  assert.deepEqual(first, [0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

Deno.test("RestartWaits forgets what was before a minute of service, and not a moment", () => {
  const waits = new RestartWaits(() => 0.5);
  waits.next();
  waits.served(59_999);
  assert.equal(waits.next(), 1000);
  waits.served(60_000);
  assert.deepEqual([waits.next(), waits.next()], [0, 1000]);
});
