import { strict as assert } from "node:assert";
import { ByteBuffer } from "../../../rpc/http2/byte_buffer.ts";
import { SendBuffer } from "../../../rpc/http2/send_buffer.ts";
import { createRandom, printSeed } from "../../support/random.ts";

function take(buffer: SendBuffer, octets: number): number[] {
  const out = new ByteBuffer();
  buffer.moveTo(out, octets);
  return [...out.view()];
}

Deno.test("SendBuffer gives back what was appended, in order", () => {
  const buffer = new SendBuffer();
  buffer.append(Uint8Array.of(1, 2, 3));
  assert.deepEqual(take(buffer, 2), [1, 2]);
  buffer.append(Uint8Array.of(4));
  assert.equal(buffer.pendingOctets, 2);
  assert.deepEqual(take(buffer, 2), [3, 4]);
  assert.equal(buffer.pendingOctets, 0);
});

Deno.test("SendBuffer survives any mix of appending and taking", () => {
  const random = createRandom(printSeed());
  const buffer = new SendBuffer();
  let appended = 0;
  let taken = 0;
  for (let round = 0; round < 2000; round++) {
    const octets = random(400);
    const at = buffer.extend(octets);
    for (let index = 0; index < octets; index++) buffer.bytes[at + index] = appended++;
    for (const octet of take(buffer, random(buffer.pendingOctets + 1))) {
      assert.equal(octet, taken++ & 0xff);
    }
    assert.equal(buffer.pendingOctets, appended - taken);
  }
});

Deno.test("SendBuffer reuses consumed room: a steady flow does not grow it", () => {
  const buffer = new SendBuffer();
  const chunk = new Uint8Array(1000);
  buffer.append(chunk);
  for (let round = 0; round < 1000; round++) {
    buffer.append(chunk);
    take(buffer, 1000);
  }
  assert.ok(buffer.bytes.length <= 8000, `${buffer.bytes.length} octets of storage`);
});

Deno.test("SendBuffer does not move all it holds for each octet that leaves", () => {
  const buffer = new SendBuffer();
  buffer.append(new Uint8Array(65_536));
  let moved = 0;
  const copyWithin = Uint8Array.prototype.copyWithin;
  for (let round = 0; round < 10_000; round++) {
    const storage = buffer.bytes;
    storage.copyWithin = (target, start, end) => {
      moved += (end ?? storage.length) - start;
      copyWithin.call(storage, target, start, end);
      return storage;
    };
    take(buffer, 1);
    buffer.appendByte(0);
  }
  assert.ok(moved <= 65_536, `${moved} octets were moved`);
});

Deno.test("SendBuffer gives large storage back once it is empty", () => {
  const buffer = new SendBuffer();
  buffer.append(new Uint8Array(1_000_000));
  take(buffer, 1_000_000);
  assert.equal(buffer.bytes.length, 0);
  buffer.append(Uint8Array.of(9));
  assert.deepEqual(take(buffer, 1), [9]);
});
