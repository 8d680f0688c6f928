import assert from "node:assert/strict";
import { loadCodec } from "../../rpc/compression.ts";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import { MessageWriter } from "../../rpc/message_writer.ts";

function createWriter(hasRoom = true) {
  const output = new ByteBuffer();
  const target = { output, flush: () => hasRoom };
  return { output, writer: new MessageWriter<Uint8Array>(target, (message) => message) };
}

Deno.test("encodedOutput is where messages go that somebody else has encoded, between others", async () => {
  const { output, writer } = createWriter();
  writer.send(Uint8Array.of(1));
  assert.equal(writer.encodedOutput, output);
  output.append(Uint8Array.of(0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 1, 3));
  assert.equal(writer.sentEncoded(2), true);
  writer.send(Uint8Array.of(4));
  assert.deepEqual([writer.count, writer.octets], [4, 24]);
  assert.deepEqual(
    [...output.view()],
    [1, 2, 3, 4].flatMap((message) => [0, 0, 0, 0, 1, message]),
  );
  await writer.ready();
});

Deno.test("sentEncoded() makes the writer wait as send() does", async () => {
  const { writer } = createWriter(false);
  assert.equal(writer.sentEncoded(0), false);
  const ready = writer.ready();
  writer.writable();
  await ready;
});

Deno.test("encodedOutput is not there where messages are compressed, hooked or watched", () => {
  const compressing = createWriter().writer;
  compressing.codec = loadCodec("gzip");
  assert.equal(compressing.encodedOutput, undefined);
  const hooked = createWriter().writer;
  hooked.addHooks([]);
  assert.ok(hooked.encodedOutput !== undefined);
  hooked.addHooks([() => undefined]);
  assert.equal(hooked.encodedOutput, undefined);
  const watched = createWriter().writer;
  watched.peek = () => false;
  assert.equal(watched.encodedOutput, undefined);
  // It has seen enough.
  watched.send(Uint8Array.of(1));
  assert.ok(watched.encodedOutput !== undefined);
});
