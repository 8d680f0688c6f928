import { strict as assert } from "node:assert";
import { loadCodec } from "../../rpc/compression.ts";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { MessageWriter } from "../../rpc/message_writer.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { openEnvelopes } from "../support/wire.ts";

/** A writer to a target that is full above `limit` octets. */
function createWriter(limit = 1000) {
  const output = new ByteBuffer();
  const writer = new MessageWriter<string>(
    { output, flush: () => output.length < limit },
    (text) => {
      if (text === "bad") throw new Error("it is bad");
      return new TextEncoder().encode(text);
    },
  );
  const texts = () =>
    openEnvelopes(output.view()).map((octets) => new TextDecoder().decode(octets));
  return { writer, output, texts };
}

Deno.test("send() appends the message in its envelope and says when to wait", () => {
  const { writer, texts } = createWriter(20);
  assert.equal(writer.send("one"), true);
  assert.equal(writer.send("two"), true);
  assert.equal(writer.send("three"), false);
  assert.deepEqual(texts(), ["one", "two", "three"]);
  assert.equal(writer.count, 3);
});

Deno.test("ready() waits while the output is full", async () => {
  const { writer } = createWriter(5);
  await writer.ready();
  writer.send("full");
  const order: string[] = [];
  const waiting = [1, 2].map((id) => writer.ready().then(() => order.push(`ready ${id}`)));
  order.push("waits");
  writer.writable();
  await Promise.all(waiting);
  assert.deepEqual(order, ["waits", "ready 1", "ready 2"]);
  await writer.ready();
});

Deno.test("fail() ends all waits with the first error, also those that begin later", async () => {
  const { writer } = createWriter(5);
  writer.send("full");
  const wrong = new RpcError(Status.CANCELLED, "over");
  const waiting = assert.rejects(writer.ready(), wrong);
  writer.fail(wrong);
  writer.fail(new Error("another"));
  await waiting;
  await assert.rejects(writer.ready(), wrong);
});

Deno.test("A message that cannot be encoded throws, and leaves nothing in the output", () => {
  const { writer, output } = createWriter();
  assert.throws(() => writer.send("bad"), {
    code: Status.INTERNAL,
    message: "Cannot encode a message: it is bad",
  });
  assert.deepEqual([output.length, writer.count], [0, 0]);
});

Deno.test("A codec compresses each message by itself", () => {
  const { writer, output } = createWriter(10_000);
  writer.codec = loadCodec("gzip");
  writer.send("x".repeat(1000));
  writer.send("y");
  const view = output.view();
  assert.equal(view[0], 1);
  const back = openEnvelopes(view).map((octets) =>
    new TextDecoder().decode(writer.codec?.decompress(octets, 1000))
  );
  assert.deepEqual(back, ["x".repeat(1000), "y"]);
});
