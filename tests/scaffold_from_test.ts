import assert from "node:assert/strict";
import { readTree } from "./codegen/scaffold_support.ts";
import { loadSchema } from "../schema/mod.ts";
import { startReflectionPeer } from "./schema/reflection_peer.ts";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { nodePeer } from "./support/find_peers.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";
import { testWithPeers } from "./support/test_with_peers.ts";

const node = await nodePeer();
/** A service without a package. */
const PLAIN_PROTO = `syntax = "proto3";
message Ask { int32 a = 1; }
service Plain { rpc Do(Ask) returns (Ask); }
`;
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

testWithPeers(
  { node },
  "broker scaffold --from takes services without a package, before which grpc-js puts a dot",
  async ({ node }) => {
    await using folder = await temporaryFolder();
    const [proto, out] = [`${folder.path}/plain.proto`, `${folder.path}/out`];
    await Deno.writeTextFile(proto, PLAIN_PROTO);
    await using server = await startReflectionPeer(node, proto);
    const ran = await runBroker(["scaffold", "--from", server.target, "--out", out]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    assert.match(
      await Deno.readTextFile(`${out}/server.ts`),
      /^export const Plain: PlainHandlers/m,
    );
  },
);

testWithPeers(
  { node },
  "broker scaffold --from joins services of several files though one is called as what joins them",
  async ({ node }) => {
    await using folder = await temporaryFolder();
    const proto = `${folder.path}/services.proto`;
    // grpc-js names files after their packages.
    await Deno.writeTextFile(proto, PLAIN_PROTO.replace("\n", "\npackage services;\n"));
    await using server = await startReflectionPeer(
      node,
      proto,
      repositoryPath("proto/databroker.proto"),
    );
    const out = `${folder.path}/out`;
    const ran = await runBroker(["scaffold", "--from", server.target, "--out", out]);
    assert.equal(ran.exitCode, 0, ran.stderr);
    const handlers = await Deno.readTextFile(`${out}/server.ts`);
    assert.match(handlers, /^export const Plain: PlainHandlers = \{$/m);
    assert.match(handlers, /^export const BrokerService: BrokerServiceHandlers = \{$/m);
  },
);

Deno.test("broker scaffold --from makes nothing of files with names that would do harm", async () => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  await Deno.writeTextFile(`${path}/handlers.js`, "export const handlers = { Do() {} };");
  for (const name of ["-x.proto", ".proto", "server.ts", ".npmrc"]) {
    await Deno.writeTextFile(`${path}/${name}`, PLAIN_PROTO);
    await using server = await startServer([
      `${path}/${name}`,
      "--handlers",
      `${path}/handlers.js`,
    ]);
    const flags = ["--from", server.target, "--out", `${path}/out`];
    const { exitCode, stderr } = await runBroker(["scaffold", ...flags]);
    assert.equal(exitCode, 1, name);
    assert.match(stderr, /^error: Cannot scaffold the server's file ".*": its name must end in /);
    await assert.rejects(Deno.stat(`${path}/out`), Deno.errors.NotFound);
  }
});

Deno.test("broker scaffold --from comes to a server with TLS and tokens as every command does", async (t) => {
  await using folder = await temporaryFolder();
  const { path } = folder;
  const cert = await runBroker(["cert", "--out", path]);
  assert.equal(cert.exitCode, 0, cert.stderr);
  await Deno.writeTextFile(`${path}/token`, "s3cret\n");
  await using server = await startServer([
    "--tls-cert",
    `${path}/server.crt`,
    "--tls-key",
    `${path}/server.key`,
    "--token-file",
    `${path}/token`,
  ]);
  await using plain = await startServer();
  const onTls = server.target.replace("127.0.0.1", "localhost");
  const scaffold = (...args: string[]) =>
    runBroker(["scaffold", "--out", `${path}/out`, "--from", ...args]);
  const ca = ["--cacert", `${path}/ca.crt`];

  await t.step("with the flags of list and call", async () => {
    const token = ["--token-file", `${path}/token`];
    const ran = await scaffold(onTls, ...ca, ...token);
    assert.equal(ran.exitCode, 0, ran.stderr);
    assert.match(await Deno.readTextFile(`${path}/out/server.ts`), /BrokerServiceHandlers/);
    const header = ["-H", "authorization: Bearer s3cret", "--max-time", "5s"];
    const again = await scaffold(`https://${onTls}`, "--insecure", ...header, "--check");
    assert.equal(again.exitCode, 0, again.stderr);
  });
  const refused: [exitCode: number, args: string[], sentence: RegExp][] = [
    [1, [onTls], / speaks TLS[,;] connect with --tls, or with --cacert if its authority is /],
    [1, [plain.target, ...ca], /: it does not speak TLS; connect with --plaintext$/m],
    [80, [onTls, ...ca], /: UNAUTHENTICATED: .*; send a token with --token-file$/m],
    [2, [onTls, "--plaintext", "--tls"], /^error: Cannot combine --plaintext with --tls/],
  ];
  for (const [exitCode, args, sentence] of refused) {
    await t.step(String(sentence), async () => {
      const ran = await scaffold(...args);
      assert.deepEqual([ran.exitCode, ran.stdout], [exitCode, ""], ran.stderr);
      assert.match(ran.stderr, sentence);
    });
  }
  await t.step("and refuses them where there is no server to reach", async () => {
    const rows: [args: string[], sentence: RegExp][] = [
      [
        ["a.proto", "-H", "x-site: north"],
        /^error: Cannot use --metadata without --from: it is for/,
      ],
      [["a.proto", "--max-time", "10s"], /^error: Cannot use --max-time without --from: it is for/],
      [["--from", "localhost:1", "-I", "."], /^error: Cannot combine --import-path with --from: /],
    ];
    for (const [args, sentence] of rows) {
      const ran = await runBroker(["scaffold", ...args]);
      assert.equal(ran.exitCode, 2);
      assert.match(ran.stderr, sentence);
    }
  });
});
