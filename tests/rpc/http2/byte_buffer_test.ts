import { strict as assert } from "node:assert";
import { ByteBuffer } from "../../../rpc/http2/mod.ts";

Deno.test("ByteBuffer keeps what is appended, across growth", () => {
  const buffer = new ByteBuffer(2);
  buffer.appendByte(1);
  buffer.append(Uint8Array.of(2, 3, 4));
  buffer.appendByte(5);
  assert.deepEqual([...buffer.view()], [1, 2, 3, 4, 5]);
  assert.equal(buffer.length, 5);
});

Deno.test("ByteBuffer starts from nothing", () => {
  const buffer = new ByteBuffer(0);
  buffer.append(new Uint8Array(0));
  assert.equal(buffer.view().length, 0);
  buffer.appendByte(7);
  assert.deepEqual([...buffer.view()], [7]);
});

Deno.test("ByteBuffer.extend() returns where the room begins", () => {
  const buffer = new ByteBuffer(4);
  assert.equal(buffer.extend(3), 0);
  assert.equal(buffer.extend(100), 3);
  assert.equal(buffer.length, 103);
});

Deno.test("ByteBuffer doubles, so that appending is linear", () => {
  const buffer = new ByteBuffer(16);
  let storage = buffer.bytes;
  let growths = 0;
  for (let count = 0; count < 100_000; count++) {
    buffer.appendByte(count);
    if (buffer.bytes === storage) continue;
    storage = buffer.bytes;
    growths++;
  }
  assert.equal(growths, Math.ceil(Math.log2(100_000 / 16)));
});

Deno.test("ByteBuffer.clear() keeps the storage", () => {
  const buffer = new ByteBuffer(4);
  buffer.append(new Uint8Array(1000));
  const storage = buffer.bytes;
  buffer.clear();
  buffer.append(new Uint8Array(900));
  assert.equal(buffer.bytes, storage);
  assert.equal(buffer.length, 900);
});
