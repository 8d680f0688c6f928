import { strict as assert } from "node:assert";
import { Status } from "../../rpc/status.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testTimed } from "./support/test_timed.ts";
import type { VanishingReport } from "./support/vanishing_clients.ts";

const MIB = 1024 * 1024;

testTimed(
  "600 clients that vanish mid-stream leave no stream, no handler and no memory behind",
  async () => {
    const { code, stdout, stderr } = await runProgram([
      Deno.execPath(),
      "run",
      "--allow-all",
      "--v8-flags=--expose-gc",
      `--config=${repositoryPath("deno.json")}`,
      repositoryPath("tests/rpc/support/vanishing_clients.ts"),
    ]);
    assert.equal(code, 0, stderr);
    const report: VanishingReport = JSON.parse(stdout);
    assert.equal(report.lastAnswer, "still there");
    assert.deepEqual(report.stats, { connections: 0, streams: 0, running: 0 });
    // Two streams each, and the last, orderly call.
    assert.deepEqual(report.codes, { [Status.OK]: 1, [Status.CANCELLED]: 2 * 600 });
    const left = report.usedAfter - report.usedBefore;
    assert.ok(left < MIB, `400 clients left ${left} octets behind`);
  },
  { timeoutMs: 120_000 },
);
