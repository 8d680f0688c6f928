import { strict as assert } from "node:assert";
import { loadCodec } from "../../rpc/compression.ts";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { SendBuffer } from "../../rpc/http2/send_buffer.ts";
import { setInPlaceEncoder } from "../../rpc/in_place_codec.ts";
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

/** A codec that writes short texts in place, in capitals so that it shows, and leaves the others. */
function createInPlaceWriter() {
  const encoder = new TextEncoder();
  const serialize = (content: string) => encoder.encode(content);
  setInPlaceEncoder(serialize, (content, out, prefixOctets) => {
    if (content.length > 5) return -1;
    out.extend(prefixOctets);
    out.append(encoder.encode(content.toUpperCase()));
    return content.length;
  });
  const output = new ByteBuffer(0);
  const writer = new MessageWriter<string>({ output, flush: () => true }, serialize);
  const texts = () =>
    openEnvelopes(output.view()).map((octets) => new TextDecoder().decode(octets));
  return { writer, output, texts };
}

Deno.test("Messages are written in place where the codec can, each in its envelope", () => {
  const { writer, output, texts } = createInPlaceWriter();
  for (const content of ["one", "", "a longer one", "two"]) writer.send(content);
  assert.deepEqual(texts(), ["ONE", "", "a longer one", "TWO"]);
  assert.equal(writer.count, 4);
  assert.equal(writer.octets, output.length);
});

Deno.test("A message that is written in place may move the output that it is appended to", () => {
  const output = new SendBuffer();
  const serialize = () => new Uint8Array(0);
  setInPlaceEncoder(serialize, (_message, out, prefixOctets) => {
    const at = out.extend(prefixOctets + 30);
    out.bytes.fill(7, at, out.length);
    return 30;
  });
  const writer = new MessageWriter<string>({ output, flush: () => true }, serialize);
  const sent = new ByteBuffer();
  for (let round = 0; round < 50; round++) {
    writer.send("");
    if (round % 3 === 2) output.moveTo(sent, output.pendingOctets - 20);
  }
  output.moveTo(sent, output.pendingOctets);
  const messages = openEnvelopes(sent.view());
  assert.equal(messages.length, 50);
  assert.ok(messages.every((octets) => octets.length === 30 && octets.every((one) => one === 7)));
});

Deno.test("What passes hooks, is compressed or is looked at is not written in place", () => {
  const hooked = createInPlaceWriter();
  hooked.writer.addHooks([(content) => `${content}!`]);
  hooked.writer.send("one");
  assert.deepEqual(hooked.texts(), ["one!"]);

  const packed = createInPlaceWriter();
  packed.writer.codec = loadCodec("gzip");
  packed.writer.send("one");
  assert.equal(packed.output.bytes[0], 1);

  const seen: string[] = [];
  const watched = createInPlaceWriter();
  watched.writer.peek = (_index, octets) => seen.push(new TextDecoder().decode(octets)) < 2;
  for (const content of ["one", "two", "three"]) watched.writer.send(content);
  assert.deepEqual(seen, ["one", "two"]);
  assert.deepEqual(watched.texts(), ["one", "two", "THREE"]);
});
