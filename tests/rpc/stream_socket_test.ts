import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { StreamSocket } from "../../rpc/stream_socket.ts";
import { withTimeout } from "../support/with_timeout.ts";

const TIMEOUT_MS = 5000;

/** A stream whose other end is the test. */
function createStream(onWrite: (done: (error?: Error) => void) => void = (done) => done()): Duplex {
  return new Duplex({ read() {}, write: (_chunk, _encoding, done) => onWrite(done) });
}

function soon<T>(promise: Promise<T>): Promise<T> {
  return withTimeout(promise, TIMEOUT_MS, "the socket");
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

const EXPLAINED = {
  explain: (error: Error) => new Error(`explained: ${error.message}`),
  explainSilence: () => new Error("silence"),
};

Deno.test("StreamSocket.read() hands out what comes in the pieces that fit, then the end", async () => {
  const stream = createStream();
  const socket = new StreamSocket(stream, "peer", EXPLAINED);
  const into = new Uint8Array(3);
  const first = socket.read(into);
  stream.push(Uint8Array.of(1, 2, 3, 4));
  assert.equal(await soon(first), 3);
  assert.deepEqual([...into], [1, 2, 3]);
  stream.push(null);
  assert.equal(await soon(socket.read(into)), 1);
  assert.equal(into[0], 4);
  assert.equal(await soon(socket.read(into)), null);
  socket.close();
  await assert.rejects(soon(socket.read(into)), Deno.errors.BadResource);
});

Deno.test("StreamSocket explains an end before the first octet, and an error after it", async (t) => {
  const into = new Uint8Array(8);
  const rows: Record<string, readonly [octets: number, error: Error | undefined, wanted: RegExp]> =
    {
      "an end": [0, undefined, /^Error: silence$/],
      "a reset": [0, withCode("ECONNRESET"), /^Error: silence$/],
      "an error": [0, new Error("alert"), /^Error: explained: alert$/],
      "a reset after octets": [1, withCode("ECONNRESET"), /^Error: explained: ECONNRESET$/],
      "an error after octets": [1, new Error("alert"), /^Error: explained: alert$/],
    };
  for (const [name, [octets, error, wanted]] of Object.entries(rows)) {
    await t.step(name, async () => {
      const stream = createStream();
      const socket = new StreamSocket(stream, "peer", EXPLAINED);
      if (octets > 0) {
        stream.push(new Uint8Array(octets));
        assert.equal(await soon(socket.read(into)), octets);
      }
      const reading = socket.read(into);
      if (error === undefined) stream.push(null);
      else stream.destroy(error);
      await assert.rejects(soon(reading), wanted);
      socket.close();
    });
  }
});

Deno.test("StreamSocket.close() ends a read that waits", async () => {
  const socket = new StreamSocket(createStream(), "peer", EXPLAINED);
  const reading = socket.read(new Uint8Array(1));
  socket.close();
  socket.close();
  await assert.rejects(soon(reading), Deno.errors.BadResource);
});

Deno.test("StreamSocket.write() waits for the stream, and fails for what destroyed it", async () => {
  const waiting: ((error?: Error) => void)[] = [];
  const stream = createStream((done) => waiting.push(done));
  const socket = new StreamSocket(stream, "peer", EXPLAINED);
  let isDone = false;
  const writing = socket.write(new Uint8Array(5)).then((count) => {
    isDone = true;
    return count;
  });
  await Promise.resolve();
  assert.equal(isDone, false);
  waiting.shift()?.();
  assert.equal(await soon(writing), 5);
  stream.destroy(new Error("alert"));
  // What the stream itself says is that it was destroyed.
  await assert.rejects(soon(socket.write(new Uint8Array(1))), /^Error: explained: alert$/);
});
