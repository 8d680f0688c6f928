import assert from "node:assert/strict";
import { CONNECTION_FLAGS } from "../../cli/commands/connection_flags.ts";
import { CommandError, defineCommand, parseArguments, UsageError } from "../../cli/mod.ts";
import { type ConnectionFlags, openConnection, readServerSchema } from "../../connecting/mod.ts";
import { RpcError } from "../../rpc/mod.ts";
import { NoReflectionError } from "../../schema/mod.ts";
import { startServer, temporaryFolder } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { startTestServer } from "../rpc/support/start_test_server.ts";

const DATABROKER = repositoryPath("proto/databroker.proto");

/** The flags as a command has them. */
function parse(...args: string[]): ConnectionFlags {
  const spec = defineCommand({
    name: "test",
    summary: "",
    positionals: {},
    flags: CONNECTION_FLAGS,
    examples: [],
  });
  const parsed = parseArguments(spec, args);
  assert.equal(parsed.asked, "run");
  if (parsed.asked !== "run") throw new Error("It asks for help");
  return parsed.flags;
}

Deno.test("openConnection() reaches a server, and sends metadata and the token with every call", async () => {
  await using folder = await temporaryFolder();
  const tokenPath = `${folder.path}/token`;
  await Deno.writeTextFile(tokenPath, "s3cret\n");
  await using server = await startServer(["--log", "off"]);
  const flags = parse("-H", "x-site: north", "--token-file", tokenPath);
  using connection = await openConnection(flags, server.target);
  assert.deepEqual(connection.metadata.get("x-site"), ["north"]);
  assert.deepEqual(connection.metadata.get("authorization"), ["Bearer s3cret"]);
  assert.equal(connection.target.text, server.target);
  await connection.connect();
  using second = connection.createChannel();
  assert.notEqual(second, connection.channel);
  await second.connect();
});

Deno.test("openConnection() refuses what it cannot use, before it connects", async () => {
  await using folder = await temporaryFolder();
  const tokenPath = `${folder.path}/token`;
  await Deno.writeTextFile(tokenPath, "s3cret\n");
  const rows: readonly (readonly [args: readonly string[], target: string, sentence: string])[] = [
    [
      ["--authority", "a b"],
      "localhost:1",
      'Cannot use --authority "a b": it is not printable ASCII',
    ],
    [
      [],
      "localhost",
      'Cannot read the target "localhost": it is neither host:port nor unix:/path, as in localhost:8061',
    ],
    [
      ["-H", "authorization: Basic x", "--token-file", tokenPath],
      "localhost:1",
      "Cannot combine --token-file with -H 'authorization: …': both say who is calling",
    ],
  ];
  for (const [args, target, sentence] of rows) {
    await assert.rejects(openConnection(parse(...args), target), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, sentence);
      return true;
    });
  }
});

Deno.test("A connection without a server says what to do, and keeps the cause", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  using connection = await openConnection(parse(), `127.0.0.1:${port}`);
  await assert.rejects(connection.connect(), (error: Error) => {
    assert.ok(error instanceof CommandError && error.cause instanceof RpcError);
    assert.match(error.message, /^Cannot connect to \S+: no server listens there; start one with/);
    return true;
  });
});

Deno.test("A connection with a back-off of its own is not held up after a failure", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const none = { initialMs: 0, factor: 1, jitter: 0, maxMs: 0 };
  using connection = await openConnection(parse(), `127.0.0.1:${port}`, { backoff: none });
  await assert.rejects(connection.connect());
  await using _server = await startServer(["--host", "127.0.0.1", "--port", String(port)]);
  await connection.connect();
});

Deno.test("readServerSchema() takes --proto, or else what the server says of itself", async () => {
  await using server = await startServer(["--log", "off"]);
  using connection = await openConnection(parse(), server.target);
  const read = async (...protoPaths: string[]) => {
    const { services } = await readServerSchema({ protoPaths }, connection);
    return services.map(({ fullName }) => fullName);
  };
  assert.deepEqual(await read(DATABROKER), ["bidirectional_databroker.BrokerService"]);
  assert.ok((await read()).includes("bidirectional_databroker.BrokerService"));
});

Deno.test("readServerSchema() says which flag helps where a server has no reflection, or -I no --proto", async () => {
  await using server = startTestServer({});
  using connection = await openConnection(parse(), server.target);
  await assert.rejects(
    readServerSchema({}, connection),
    (error: Error) => {
      assert.ok(error instanceof CommandError && error.cause instanceof NoReflectionError);
      assert.equal(
        error.message,
        `Cannot read the services of "${server.target}": it has no reflection; name its .proto with --proto`,
      );
      return true;
    },
  );
  await assert.rejects(
    readServerSchema({ importPaths: ["x"] }, connection),
    /^UsageError: Cannot use -I without --proto: name the file that it is for$/,
  );
});
