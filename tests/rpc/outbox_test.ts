import { strict as assert } from "node:assert";
import { ByteBuffer } from "../../rpc/http2/mod.ts";
import type { MessageTarget } from "../../rpc/message_writer.ts";
import { Outbox } from "../../rpc/outbox.ts";

function write(target: MessageTarget, ...octets: number[]): boolean {
  target.output.append(Uint8Array.from(octets));
  return target.flush();
}

Deno.test("What was written before a stream is open goes to it, and so does what follows", () => {
  const outbox = new Outbox();
  write(outbox.waiting(), 1, 2);
  const stream = { output: new ByteBuffer(), flush: () => true };
  const target = outbox.moveTo(stream, () => {});
  assert.deepEqual([...stream.output.view()], [1, 2]);
  write(target, 3);
  assert.deepEqual([...stream.output.view()], [1, 2, 3]);
});

Deno.test("All of it goes to the next stream, whatever the first one has sent already", () => {
  const outbox = new Outbox();
  const first = { output: new ByteBuffer(), flush: () => true };
  const target = outbox.moveTo(first, () => {});
  write(target, 1, 2);
  // It left: a stream's output is used again from its start.
  first.output.clear();
  write(target, 3);
  assert.deepEqual([...first.output.view()], [3]);
  write(outbox.waiting(), 4);
  const second = { output: new ByteBuffer(), flush: () => true };
  outbox.moveTo(second, () => {});
  assert.deepEqual([...second.output.view()], [1, 2, 3, 4]);
});

Deno.test("Writers wait above 64 KiB before there is a stream", () => {
  const target = new Outbox().waiting();
  target.output.extend(65_535);
  assert.equal(target.flush(), true);
  target.output.extend(1);
  assert.equal(target.flush(), false);
});

Deno.test("Too much to keep is told, and all of it has reached the stream", () => {
  const outbox = new Outbox();
  const stream = { output: new ByteBuffer(), flush: () => false };
  let overflows = 0;
  const target = outbox.moveTo(stream, () => {
    overflows++;
    outbox.drop();
  });
  target.output.extend(262_144);
  assert.equal(target.flush(), false);
  assert.equal(overflows, 0);
  assert.equal(outbox.isComplete, true);
  target.output.extend(1);
  target.flush();
  assert.equal(overflows, 1);
  assert.equal(outbox.isComplete, false);
  assert.equal(stream.output.length, 262_145);
  assert.equal(outbox.moveTo(stream, () => {}), stream);
});
