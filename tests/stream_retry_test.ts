/** `broker stream --retry` with a server that goes and comes back. */
import assert from "node:assert/strict";
import { startBroker, startServer } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";

const PROTO = repositoryPath("tests/testdata/stream/rows.proto");
const HANDLERS = repositoryPath("tests/testdata/stream/handlers.ts");

Deno.test("stream --retry counts rows as sent again that left twice, not those that waited for a server", async () => {
  const serve = [PROTO, "--handlers", HANDLERS, "--log", "off", "--grace", "1ms"];
  await using server = await startServer(serve);
  const port = server.target.split(":").at(-1) ?? "";
  let close = () => {};
  const stdin = new ReadableStream<Uint8Array>({
    start: (controller) => {
      // Shuffle answers ten rows, and holds back the answers of the other two.
      const rows = Array.from({ length: 12 }, (_, index) => `${index + 1},1\n`);
      controller.enqueue(new TextEncoder().encode(`id,value\n${rows.join("")}`));
      close = () => controller.close();
    },
  });
  const args = ["stream", "-", server.target, "--method", "Shuffle", "--id-field", "id"];
  const running = startBroker([...args, "--retry", "20", "--connect-timeout", "1s"], { stdin });
  await running.untilPrinted("stdout", /"id":"10"/);
  await server.stop();
  await running.untilPrinted("stderr", /\(2 of 20\)/);
  await using _again = await startServer([...serve, "--host", "127.0.0.1", "--port", port]);
  close();
  const { exitCode, stderr } = await running.ended();
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /^12 rows read, 12 sent, 2 sent again, 12 answered, 0 rejected in /m);
});
