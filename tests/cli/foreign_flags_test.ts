import assert from "node:assert/strict";
import { FOREIGN_FLAGS } from "../../cli/foreign_flags.ts";
import { loadSpecs } from "../../cli/run_program.ts";
import { runBroker } from "../support/broker.ts";
import { PROGRAM } from "../../main.ts";

Deno.test("A flag that grpcurl or ghz has under another name is answered with ours", async (t) => {
  const cases: [args: string[], hint: string][] = [
    [["bench", "--call", "p.S/M"], 'Unknown flag "--call" of "broker bench": write --method'],
    [
      ["bench", "--total", "100"],
      'Unknown flag "--total" of "broker bench": write --count',
    ],
    [
      ["call", "-rpc-header", "x: y"],
      `Unknown flag "-rpc-header" of "broker call": write -H 'name: value'`,
    ],
    [
      ["list", "-schema", "x"],
      'Unknown flag "-schema" of "broker list": write --proto, or --protoset for an image of buf build',
    ],
  ];
  for (const [args, hint] of cases) {
    await t.step(args.join(" "), async () => {
      const { exitCode, stderr } = await runBroker(args);
      assert.deepEqual([exitCode, stderr], [2, `error: ${hint}\n`]);
    });
  }
});

Deno.test("No command has a flag that is taken for a foreign one, and each hint names one that some command has", async () => {
  const flags = (await loadSpecs(PROGRAM)).flatMap((spec) => Object.values(spec.flags));
  const names = new Set(
    flags.flatMap(({ name, short }) => short === undefined ? [name] : [name, short]),
  );
  for (const [foreign, hint] of FOREIGN_FLAGS) {
    assert.ok(!names.has(foreign), foreign);
    const named = /^-+([\w-]+)/.exec(hint)?.[1];
    assert.ok(named === undefined || names.has(named), hint);
  }
});
