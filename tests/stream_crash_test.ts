/** `broker stream` and `broker serve` as processes that are killed; tests/load/crashes.ts does it at full size. */
import { runDyingClient, runWithDyingServer } from "./support/crash_runs.ts";

const ROWS = 20_000;

Deno.test("stream --retry answers every row once though the server is killed three times", async () => {
  await runWithDyingServer(ROWS);
});

Deno.test("stream --checkpoint answers every row once though it is killed three times", async () => {
  await runDyingClient(ROWS);
});
