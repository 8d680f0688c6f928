import { strict as assert } from "node:assert";
import { StreamTable } from "../../../rpc/http2/stream_table.ts";
import { createStream } from "./create_stream.ts";

const FINISHED = { kind: "finished" } as const;

Deno.test("StreamTable of a server follows the ids of the peer", () => {
  const table = new StreamTable("server");
  assert.equal(table.state(1)?.kind, "idle");
  const stream = createStream(5);
  table.add(stream);
  assert.equal(table.lastPeerId, 5);
  assert.equal(table.get(5), stream);
  assert.equal(table.state(5)?.kind, "open");
  assert.equal(table.state(3), undefined, "skipped ids are closed");
  assert.equal(table.state(7)?.kind, "idle");
  assert.equal(table.size, 1);
});

Deno.test("StreamTable of a client hands out odd ids", () => {
  const table = new StreamTable("client");
  assert.equal(table.nextLocalId, 1);
  table.add(createStream(1));
  assert.equal(table.nextLocalId, 3);
  assert.equal(table.state(3)?.kind, "idle");
});

Deno.test("StreamTable calls every even id idle: nobody pushes", () => {
  for (const role of ["server", "client"] as const) {
    const table = new StreamTable(role);
    table.add(createStream(9));
    assert.equal(table.state(2)?.kind, "idle");
  }
});

Deno.test("StreamTable remembers why a stream ended", () => {
  const table = new StreamTable("server");
  const stream = createStream(1);
  table.add(stream);
  table.end(stream, FINISHED);
  table.end(stream, { kind: "unprocessed" });
  assert.equal(table.size, 0);
  assert.deepEqual(table.state(1), { kind: "closed", cause: FINISHED });
});

Deno.test("StreamTable remembers ids that were refused", () => {
  const table = new StreamTable("server");
  const cause = { kind: "reset", origin: "local", code: 7 } as const;
  table.refuse(3, cause);
  assert.equal(table.lastPeerId, 3);
  assert.deepEqual(table.state(3), { kind: "closed", cause });
  assert.equal(table.size, 0);
});

Deno.test("StreamTable forgets the oldest of many ended streams", () => {
  const table = new StreamTable("server");
  for (let streamId = 1; streamId <= 2001; streamId += 2) {
    const stream = createStream(streamId);
    table.add(stream);
    table.end(stream, FINISHED);
  }
  assert.equal(table.state(1), undefined);
  assert.equal(table.state(2001 - 2 * 256), undefined);
  assert.deepEqual(table.state(2001 - 2 * 255), { kind: "closed", cause: FINISHED });
  assert.deepEqual(table.state(2001), { kind: "closed", cause: FINISHED });
});

Deno.test("StreamTable can be walked while streams end", () => {
  const table = new StreamTable("server");
  for (const streamId of [1, 3, 5]) table.add(createStream(streamId));
  const seen: number[] = [];
  for (const stream of table.values()) {
    seen.push(stream.id);
    table.end(stream, FINISHED);
    const other = table.get(3);
    if (other !== undefined) table.end(other, FINISHED);
  }
  assert.deepEqual(seen, [1, 5]);
});

Deno.test("StreamTable takes late DATA up to the window that the stream had left, and no more", () => {
  const table = new StreamTable("server");
  const stream = createStream(1);
  table.add(stream);
  const left = stream.receiveWindow.availableOctets;
  table.end(stream, FINISHED);
  assert.equal(table.chargeLate(1, left - 1), true);
  assert.equal(table.chargeLate(1, 0), true, "an empty frame costs one octet");
  assert.equal(table.chargeLate(1, 1), false);
  assert.equal(table.chargeLate(3, 1), false, "of a stream that is not remembered");
});
