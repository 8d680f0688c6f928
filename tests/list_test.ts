import assert from "node:assert/strict";
import { RpcServer } from "../rpc/mod.ts";
import { reflectionMethod, type ReflectionRequest } from "../schema/reflection_definition.ts";
import { withTimeout } from "./support/with_timeout.ts";
import { startReflectionPeer } from "./schema/reflection_peer.ts";
import { runBroker, startServer } from "./support/broker.ts";
import { nodePeer } from "./support/find_peers.ts";
import { repositoryPath } from "./support/paths.ts";
import { testWithPeers } from "./support/test_with_peers.ts";

const node = await nodePeer();
const FOLDER = repositoryPath("tests/testdata/call");
const MAIN = `${FOLDER}/main.proto`;
const SERVE = [MAIN, "--handlers", `${FOLDER}/handlers.ts`];
const METHODS = ["Chat", "Count", "Echo", "Mirror", "Refuse", "Sum"]
  .map((name) => `station.v1.Station/${name}\n`).join("");

Deno.test("list prints the services of a server, and the methods of one", async () => {
  await using server = await startServer(SERVE);
  const all = await runBroker(["list", server.target]);
  assert.deepEqual(all.stdout.split("\n"), [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
    "station.v1.Station",
    "station.vault.Vault",
    "",
  ]);
  for (const name of ["station.v1.Station", "v1.Station", "Station"]) {
    const { stdout, exitCode } = await runBroker(["list", server.target, name]);
    assert.deepEqual([stdout, exitCode], [METHODS, 0], name);
  }
  const json = await runBroker(["list", server.target, "Vault", "-O", "json"]);
  assert.deepEqual(JSON.parse(json.stdout), ["station.vault.Vault/Keep"]);
  const health = await runBroker(["list", server.target, "Health"]);
  assert.match(health.stdout, /^grpc\.health\.v1\.Health\/Check\n/);
});

Deno.test("list reads --proto without a server; an argument without a colon is the service", async () => {
  const rows: readonly (readonly [args: string[], stdout: string])[] = [
    [["--proto", MAIN], "station.v1.Station\nstation.vault.Vault\n"],
    [["--proto", MAIN, "Station"], METHODS],
    [["--proto", MAIN, "127.0.0.1:1", "Station"], METHODS],
  ];
  for (const [args, stdout] of rows) {
    assert.deepEqual(
      await runBroker(["list", ...args]),
      { exitCode: 0, stdout, stderr: "" },
      args.join(" "),
    );
  }
});

Deno.test("list says what it cannot find, and what is near", async () => {
  const rows: readonly (readonly [args: string[], exitCode: number, stderr: RegExp])[] = [
    [
      ["--proto", MAIN, "Staton"],
      1,
      /^error: Cannot find the service "Staton" in ".*main\.proto": did you mean station\.v1\.Station\?\n$/,
    ],
    [
      ["--proto", MAIN, "Zzz"],
      1,
      /its services are station\.v1\.Station, station\.vault\.Vault\n$/,
    ],
    [
      ["--proto", MAIN, "Station/Echo"],
      1,
      /^error: Cannot list "Station\/Echo": it is a method, which broker describe shows\n$/,
    ],
    [["127.0.0.1:1"], 1, /^error: Cannot connect to 127\.0\.0\.1:1: no server listens there/],
    [["-I", "x", "127.0.0.1:1"], 2, /^error: Cannot use -I without --proto/],
    [["--proto", "no.proto"], 1, /^error: Cannot read "no\.proto": there is no such file/],
  ];
  for (const [args, exitCode, stderr] of rows) {
    const ran = await runBroker(["list", ...args]);
    assert.match(ran.stderr, stderr);
    assert.deepEqual([ran.exitCode, ran.stdout], [exitCode, ""]);
  }
});

testWithPeers(
  { node },
  "list reads what a grpc-js server says, in v1 or v1alpha, or says that it does not",
  async ({ node }) => {
    for (const flags of [[], ["--v1alpha"]]) {
      await using server = await startReflectionPeer(node, ...flags, MAIN);
      const all = await runBroker(["list", server.target]);
      assert.match(all.stdout, /^station\.v1\.Station\n/m);
      const one = await runBroker(["list", server.target, "Station"]);
      assert.equal(one.stdout, METHODS);
    }
    await using server = await startReflectionPeer(node, "--without-reflection", MAIN);
    const { exitCode, stderr } = await runBroker(["list", server.target]);
    assert.equal(exitCode, 1);
    assert.match(stderr, /it has no reflection; name its \.proto with --proto\n$/);
  },
);

Deno.test("list gives a server that says nothing --max-time, and no name of its steers the terminal", async () => {
  const server = new RpcServer();
  const names = ["p.S", "\u009b31m\u202e"];
  let isSilent = false;
  server.addService({ ServerReflectionInfo: reflectionMethod("v1") as never }, {
    async *ServerReflectionInfo(requests: AsyncIterable<ReflectionRequest>) {
      for await (const _ of requests) {
        if (isSilent) continue;
        yield { list_services_response: { service: names.map((name) => ({ name })) } };
      }
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  const target = address.kind === "tcp" ? `127.0.0.1:${address.port}` : "";
  try {
    const listed = await runBroker(["list", target, "-O", "json"]);
    assert.equal(listed.stdout, '["p.S","\\u009b31m\\u202e"]\n');
    isSilent = true;
    const late = await runBroker(["list", target, "--max-time", "200ms"]);
    assert.equal(late.exitCode, 64 + 4);
    assert.match(late.stderr, /^error: Cannot read the services of "127.* by reflection: DEADLINE/);
  } finally {
    await withTimeout(server.shutdown({ graceMs: 100 }), 5000, "the server to end");
  }
});
