import assert from "node:assert/strict";
import { readTree } from "./codegen/scaffold_support.ts";
import { loadSchema } from "../schema/mod.ts";
import { startReflectionPeer } from "./schema/reflection_peer.ts";
import { runBroker, temporaryFolder } from "./support/broker.ts";
import { nodePeer } from "./support/find_peers.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";
import { testWithPeers } from "./support/test_with_peers.ts";

const node = await nodePeer();
const testdata = (path: string) => repositoryPath(`tests/testdata/${path}`);

testWithPeers(
  { node },
  "broker scaffold --from makes a project of a server's reflection",
  async ({ node }) => {
    await using folder = await temporaryFolder();
    await using server = await startReflectionPeer(node, testdata("protos/everything.proto"));
    const out = `${folder.path}/out`;
    const ran = await runBroker(["scaffold", "--from", server.target, "--out", out]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    const files = await readTree(out);
    assert.deepEqual([...files.keys()].filter((path) => path.endsWith(".proto")).sort(), [
      "test_everything.proto",
      "test_everything_old.proto",
    ]);
    const schema = await loadSchema([`${out}/test_everything.proto`]);
    const methods = schema.services[0]?.methods.map(({ name, kind }) => `${name} ${kind}`);
    assert.deepEqual(methods, [
      "echo_everything bidirectional",
      "Send client_streaming",
      "Watch server_streaming",
      "Get unary",
    ]);
    for (const task of ["check", "test"]) {
      const done = await runProgram([Deno.execPath(), "task", task], { cwd: out });
      assert.equal(done.code, 0, done.stdout + done.stderr);
    }
    const again = await runBroker(["scaffold", "--from", server.target, "--out", out, "--check"]);
    assert.equal(again.exitCode, 0, again.stderr);
  },
);

testWithPeers(
  { node },
  "broker scaffold --from joins services of several files",
  async ({ node }) => {
    await using folder = await temporaryFolder();
    await using server = await startReflectionPeer(
      node,
      testdata("protos/everything.proto"),
      repositoryPath("proto/databroker.proto"),
    );
    const out = `${folder.path}/out`;
    const ran = await runBroker(["scaffold", "--from", server.target, "--out", out]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    const main = await Deno.readTextFile(`${out}/services.proto`);
    assert.match(main, /^syntax = "proto3";\n\nimport ".*";\nimport ".*";\n$/);
    const handlers = await Deno.readTextFile(`${out}/server.ts`);
    assert.match(handlers, /^export const EverythingService: EverythingServiceHandlers = \{$/m);
    assert.match(handlers, /^export const BrokerService: BrokerServiceHandlers = \{$/m);
  },
);

testWithPeers(
  { node },
  "broker scaffold --from says that a server has no reflection",
  async ({ node }) => {
    await using folder = await temporaryFolder();
    await using server = await startReflectionPeer(
      node,
      "--without-reflection",
      repositoryPath("proto/databroker.proto"),
    );
    const ran = await runBroker([
      "scaffold",
      "--from",
      server.target,
      "--out",
      `${folder.path}/out`,
    ]);
    assert.equal(ran.exitCode, 1);
    assert.match(
      ran.stderr,
      /^error: Cannot read the services of ".*": it has no reflection; name its \.proto instead\n$/,
    );
    assert.deepEqual(await readTree(folder.path), new Map());
  },
);
