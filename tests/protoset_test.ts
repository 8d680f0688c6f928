// The clients with several `--proto`, and with `--protoset`.
import assert from "node:assert/strict";
import { encodeProtoset } from "./schema/encode_protoset.ts";
import { loadDescriptors } from "../schema/mod.ts";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { bufPeer } from "./support/find_peers.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";
import { testWithPeers } from "./support/test_with_peers.ts";

const buf = await bufPeer();
const FOLDER = repositoryPath("tests/testdata/call");
const MAIN = `${FOLDER}/main.proto`;
const LOOSE = `${FOLDER}/loose.proto`;
const DATABROKER = repositoryPath("proto/databroker.proto");
const SERVICES = "station.v1.Station\nstation.vault.Vault\n";

/** A file with the descriptors of `.proto`s and all that they import. */
async function writeSet(folder: { readonly path: string }, ...protos: string[]): Promise<string> {
  const path = await Deno.makeTempFile({ dir: folder.path, suffix: ".binpb" });
  const { files } = await loadDescriptors(protos);
  await Deno.writeFile(path, encodeProtoset(files.values()));
  return path;
}

Deno.test("list and describe read several --proto and several --protoset", async () => {
  await using folder = await temporaryFolder();
  const [main, loose] = [await writeSet(folder, MAIN), await writeSet(folder, LOOSE)];
  for (
    const files of [["--proto", MAIN, "--proto", LOOSE], ["--protoset", main, "--protoset", loose]]
  ) {
    for (const args of [files, [...files.slice(2), ...files.slice(0, 2)]]) {
      const listed = await runBroker(["list", ...args]);
      assert.deepEqual(listed, { exitCode: 0, stdout: SERVICES, stderr: "" }, args.join(" "));
      const described = await runBroker(["describe", ...args, "station.loose.Loose"]);
      assert.match(described.stdout, /^message Loose \{$/m, described.stderr);
    }
  }
});

Deno.test("call, stream and bench reach a server without reflection by --protoset, or two --proto", async () => {
  await using folder = await temporaryFolder();
  const set = await writeSet(folder, DATABROKER, MAIN);
  await using server = await startServer(["--log", "off", "--no-reflection"]);
  for (const files of [["--protoset", set], ["--proto", DATABROKER, "--proto", MAIN]]) {
    const called = await runBroker([
      ...["call", server.target, "BidirectionalStreaming", "-d", '{"id":7}'],
      ...files,
    ]);
    assert.deepEqual(called, { exitCode: 0, stdout: '{"id":7}\n', stderr: "" });
    const method = ["--method", "BidirectionalStreaming"];
    const streamed = await runBroker(["stream", "-", server.target, "-q", ...method, ...files], {
      stdin: "id,sensor1\n7,1.5\n",
    });
    assert.deepEqual(streamed, {
      exitCode: 0,
      stdout: '{"id":7,"prediction":false}\n',
      stderr: "",
    });
    const benched = await runBroker(["bench", server.target, ...method, "-n", "10", ...files]);
    assert.equal(benched.exitCode, 0, benched.stderr);
  }
});

Deno.test("A set without a service, and flags that contradict each other, are refused in a sentence", async () => {
  await using folder = await temporaryFolder();
  const set = await writeSet(folder, LOOSE);
  const none = await runBroker(["stream", "-", "127.0.0.1:1", "--protoset", set]);
  assert.deepEqual([none.exitCode, none.stderr], [
    1,
    `error: Cannot use "${set}": it defines no service\n`,
  ]);
  for (const command of ["list", "describe", "call", "bench", "stream"]) {
    for (const [other, value] of [["proto", "no.proto"], ["import-path", "."]]) {
      const args = [command, "x:1", "--protoset", "no.pb", `--${other}`, `${value}`];
      const { exitCode, stderr } = await runBroker(args);
      const wanted = `error: Cannot combine --${other} with --protoset: give only one of them\n`;
      assert.deepEqual([exitCode, stderr], [2, wanted], args.join(" "));
    }
  }
});

testWithPeers(
  { buf },
  "describe shows the comments of an image of buf build; call and stream use it",
  async ({ buf }) => {
    await using folder = await temporaryFolder();
    const image = `${folder.path}/image.binpb.gz`;
    await Deno.copyFile(DATABROKER, `${folder.path}/databroker.proto`);
    const built = await runProgram([buf.executable, "build", folder.path, "-o", image], {
      cwd: folder.path,
    });
    assert.equal(built.code, 0, built.stderr);
    const [fromSet, fromProto] = await Promise.all([
      runBroker(["describe", "BrokerRequest", "--protoset", image]),
      runBroker(["describe", "BrokerRequest", "--proto", DATABROKER]),
    ]);
    assert.match(fromSet.stdout, /^\/\/ One measurement/m);
    assert.deepEqual(fromSet, fromProto);
    await using server = await startServer(["--log", "off", "--no-reflection"]);
    const flags = ["--protoset", image];
    const called = await runBroker([
      ...["call", server.target, "BidirectionalStreaming", "-d", '{"id":7}', ...flags],
    ]);
    assert.equal(called.stdout, '{"id":7}\n', called.stderr);
    const streamed = await runBroker(["stream", "-", server.target, "-q", ...flags], {
      stdin: "id,sensor1\n7,1.5\n",
    });
    assert.equal(streamed.stdout, '{"id":7,"prediction":false}\n', streamed.stderr);
  },
);
