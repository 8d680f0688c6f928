/** What `broker stream` asks of a server before it sends rows: again with `--retry`, and until Ctrl-C. */
import assert from "node:assert/strict";
import { CommandError, createTalk } from "../../cli/mod.ts";
import { testIo } from "../../cli/test_io.ts";
import { RpcError, Status } from "../../rpc/mod.ts";
import { tryPatiently } from "../../streaming/mod.ts";
import { startBroker } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";

/** Asks with so many retries; the answers are thrown or returned in turn. */
async function ask(retry: number, answers: readonly (Error | string)[]) {
  const io = testIo();
  const talk = createTalk(io, { quiet: false, verbose: false });
  const left = [...answers];
  const result = await tryPatiently(() => {
    const answer = left.shift() ?? "";
    return typeof answer === "string" ? Promise.resolve(answer) : Promise.reject(answer);
  }, { flags: { retry }, io, talk }).catch((error: Error) => error);
  await io.stderr.flush();
  return { result, left, said: io.stderrText() };
}

Deno.test("tryPatiently() asks again after a server that went away, however that is said", async () => {
  const gone = new RpcError(Status.UNAVAILABLE, "gone");
  for (const error of [gone, new CommandError("Cannot connect", { cause: gone })]) {
    const { result, said } = await ask(3, [error, "there"]);
    assert.equal(result, "there");
    assert.match(said, /^(?:gone|Cannot connect); trying again in 0\.\d s\n$/);
    assert.equal((await ask(0, [error, "there"])).result, error);
  }
  const denied = new RpcError(Status.PERMISSION_DENIED, "no");
  assert.equal((await ask(3, [denied, "there"])).result, denied);
});

Deno.test("stream is interrupted while a server that says nothing is being connected to", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const running = startBroker(["stream", "-", `127.0.0.1:${listener.addr.port}`], {
    stdin: "id\n1\n",
  });
  using _connection = await accepted;
  running.io.interrupt();
  const { exitCode, stdout } = await running.ended();
  assert.deepEqual([exitCode, stdout], [130, ""]);
});

Deno.test("stream --check is interrupted while its input says nothing more", async () => {
  const asked = Promise.withResolvers<void>();
  const pieces = ["id\n1\n"];
  const stdin = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const piece = pieces.shift();
      if (piece !== undefined) return controller.enqueue(new TextEncoder().encode(piece));
      asked.resolve();
      await new Promise(() => {});
    },
  }, { highWaterMark: 0 });
  const proto = repositoryPath("proto/databroker.proto");
  const running = startBroker(["stream", "-", "--proto", proto, "--check"], { stdin });
  await asked.promise;
  running.io.interrupt();
  assert.equal((await running.ended()).exitCode, 130);
});
