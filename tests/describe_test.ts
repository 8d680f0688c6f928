import assert from "node:assert/strict";
import { startReflectionPeer } from "./schema/reflection_peer.ts";
import { runBroker, startServer } from "./support/broker.ts";
import { nodePeer } from "./support/find_peers.ts";
import { repositoryPath } from "./support/paths.ts";
import { testWithPeers } from "./support/test_with_peers.ts";

const node = await nodePeer();
const FOLDER = repositoryPath("tests/testdata/call");
const MAIN = `${FOLDER}/main.proto`;
const SERVE = [MAIN, "--handlers", `${FOLDER}/handlers.ts`];

const ENVELOPE = `// message station.v1.Envelope, station.proto
// What a station sends.
message Envelope {
  // Chosen by the sender.
  int64 sent_id = 1;
  google.protobuf.Any content = 2;
  google.protobuf.Timestamp sent_at = 3;
  station.v1.Mood mood = 4;
  // The one within.
  station.v1.Envelope inner = 5;
}
`;

const withoutComments = (text: string) => text.replace(/^ *\/\/(?! message).*\n/gm, "");

Deno.test("describe prints what a symbol names, with the comments of --proto", async () => {
  const rows: readonly (readonly [symbol: string, stdout: string])[] = [
    ["station.v1.Envelope", ENVELOPE],
    [".station.v1.Envelope", ENVELOPE],
    ["Envelope", ENVELOPE],
    [
      "Mood",
      "// enum station.v1.Mood, station.proto\n// How it feels.\nenum Mood {\n" +
      "  MOOD_UNSPECIFIED = 0;\n  // As it should be.\n  CALM = 1;\n}\n",
    ],
    [
      "Station/Chat",
      "// method station.v1.Station.Chat, station.proto\n" +
      "// Gives back each tick at once, and ends after one with the number 0.\n" +
      "rpc Chat(stream station.v1.Tick) returns (stream station.v1.Tick);\n",
    ],
    [
      "Envelope.sent_id",
      "// field station.v1.Envelope.sent_id, station.proto\n" +
      "// Chosen by the sender.\nint64 sent_id = 1;\n",
    ],
  ];
  for (const [symbol, stdout] of rows) {
    const ran = await runBroker(["describe", "--proto", MAIN, symbol]);
    assert.deepEqual(ran, { exitCode: 0, stdout, stderr: "" }, symbol);
  }
});

Deno.test("describe prints all services of a server without a symbol", async () => {
  await using server = await startServer(SERVE);
  const { stdout, exitCode } = await runBroker(["describe", server.target]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^service Station \{\n {2}rpc Echo\(station\.v1\.Envelope\) returns/m);
  assert.match(stdout, /^service Vault \{$/m);
  assert.match(stdout, /^service Health \{$/m);
});

Deno.test("describe finds on a server what no service uses, and what is in another file", async () => {
  await using server = await startServer(SERVE);
  const ran = await runBroker(["describe", server.target, "station.v1.Envelope"]);
  assert.equal(ran.stdout, withoutComments(ENVELOPE));
  for (const symbol of ["station.loose.Loose", "station.loose.Loose.Inner.here"]) {
    const { exitCode, stderr } = await runBroker(["describe", server.target, symbol]);
    assert.equal(exitCode, 0, stderr);
  }
  for (const symbol of ["station.vault.Secret.word", "Secret.word", "Keep", "Station.Echo"]) {
    const { exitCode, stderr } = await runBroker(["describe", server.target, symbol]);
    assert.equal(exitCode, 0, stderr);
  }
});

Deno.test("describe --template makes JSON that call takes as it is", async () => {
  await using server = await startServer(SERVE);
  for (const symbol of ["Station/Echo", "Envelope"]) {
    const template = await runBroker(["describe", server.target, symbol, "--template"]);
    assert.deepEqual(JSON.parse(template.stdout), {
      sentId: "0",
      content: { "@type": "type.googleapis.com/google.protobuf.Duration", value: "0s" },
      sentAt: "1970-01-01T00:00:00Z",
      mood: "MOOD_UNSPECIFIED",
      inner: null,
    });
    const called = await runBroker(["call", server.target, "Echo", "-d", "@"], {
      stdin: template.stdout,
    });
    assert.equal(called.exitCode, 0, called.stderr);
  }
});

Deno.test("describe says what it cannot find or make", async () => {
  const rows: readonly (readonly [args: string[], exitCode: number, stderr: RegExp])[] = [
    [
      ["Envelop"],
      1,
      /^error: Cannot find "Envelop" in ".*": did you mean station\.v1\.Envelope\?\n$/,
    ],
    [["--template"], 2, /^error: Cannot use --template without a symbol/],
    [["Mood", "--template"], 1, /^error: Cannot make a template of "station\.v1\.Mood", which is/],
    [["number"], 0, /^$/],
    [
      ["--proto", repositoryPath("proto/databroker.proto"), "id"],
      1,
      /^error: Cannot tell what "id" means: \S+Request\.id, \S+Response\.id all fit; write more of one\n$/,
    ],
    [
      ["station.proto"],
      2,
      /^error: Cannot use the argument "station\.proto": a file of that kind follows --proto\n$/,
    ],
  ];
  for (const [args, exitCode, stderr] of rows) {
    const ran = await runBroker(["describe", "--proto", MAIN, ...args]);
    assert.match(ran.stderr, stderr);
    assert.equal(ran.exitCode, exitCode);
  }
});

testWithPeers(
  { node },
  "describe and call read what a grpc-js server says of itself",
  async ({ node }) => {
    await using server = await startReflectionPeer(node, MAIN);
    const { stdout } = await runBroker(["describe", server.target, "Envelope"]);
    assert.match(stdout, /^ {2}google\.protobuf\.Any content = 2;$/m);
    const template = await runBroker(["describe", server.target, "Echo", "--template"]);
    assert.equal(template.exitCode, 0, template.stderr);
    // It has no handlers: the request arrives, and that is all.
    const called = await runBroker(["call", server.target, "Echo", "-d", template.stdout]);
    assert.equal(called.exitCode, 64 + 12, called.stderr);
  },
);
