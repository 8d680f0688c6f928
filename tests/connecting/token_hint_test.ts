import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";

const METHOD = "bidirectional_databroker.BrokerService/BidirectionalStreaming";
const PROTO = ["--proto", repositoryPath("proto/databroker.proto")];
const HINT = /UNAUTHENTICATED.*; send a token with --token-file\n$/;

Deno.test("every client of a server that wants a token names --token-file, unless it sent one", async (t) => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tokens`;
  await Deno.writeTextFile(path, "secret-one\n");
  await using server = await startServer(["--token-file", path]);
  const { target } = server;
  const rows: readonly (readonly string[])[] = [
    ["list", target],
    ["describe", target],
    ["health", target],
    ["call", target, METHOD],
    ["call", target, METHOD, "-d", "{}", ...PROTO],
    ["bench", target, METHOD],
    ["bench", target, METHOD, "--count", "1", ...PROTO],
  ];
  for (const args of rows) {
    await t.step(`broker ${args.filter((arg) => arg !== target).join(" ")}`, async () => {
      assert.match((await runBroker(args)).stderr, HINT);
      const wrong = await runBroker([...args, "-H", "authorization: Bearer wrong"]);
      assert.doesNotMatch(wrong.stderr, /--token-file/);
    });
  }
  await t.step("broker stream", async () => {
    const ran = await runBroker(["stream", "-", target], { stdin: "id\n1\n" });
    assert.match(ran.stderr, /; send a token with --token-file\n$/);
  });
});
