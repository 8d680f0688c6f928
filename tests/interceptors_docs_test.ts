// What docs/interceptors.md shows is right as it stands.
import assert from "node:assert/strict";
import { Channel, RpcError, Status } from "../rpc/mod.ts";
import { builtinSchema } from "../schema/mod.ts";
import { startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";

const DOC = repositoryPath("docs/interceptors.md");

Deno.test("the TypeScript of docs/interceptors.md passes the type checker", async () => {
  const { code, stderr } = await runProgram(
    [Deno.execPath(), "check", "--no-lock", "--doc-only", DOC],
    { cwd: repositoryPath(".") },
  );
  assert.equal(code, 0, stderr);
});

Deno.test("the module of docs/interceptors.md runs, and its rule refuses", async () => {
  const [, module = ""] = /```js\n(\/\/ handlers\.js[^]*?)```/.exec(await Deno.readTextFile(DOC)) ??
    [];
  await using folder = await temporaryFolder();
  const path = `${folder.path}/handlers.js`;
  await Deno.writeTextFile(path, module);
  await using server = await startServer(["--handlers", path]);
  using channel = new Channel(server.target);
  const { services: [{ definition }] } = await builtinSchema();
  const call = channel.call(definition.BidirectionalStreaming);
  call.send({ id: 1, sensor1: 101 });
  assert.deepEqual((await call.responses.next()).value, { id: 1, prediction: true });
  call.send({ id: 0 });
  await assert.rejects(
    call.responses.next(),
    (error) =>
      error instanceof RpcError && error.code === Status.INVALID_ARGUMENT &&
      error.message === "id: must be 1 or more",
  );
  assert.equal((await call.status).trailers.text("x-measurements"), "1");
});
