import { strict as assert } from "node:assert";
import { loadCodec } from "../../rpc/compression.ts";
import { setInPlaceDecoder } from "../../rpc/in_place_codec.ts";
import { MessageReader } from "../../rpc/message_reader.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import { concat, envelope } from "../support/wire.ts";

const text = new TextDecoder("utf-8", { fatal: true });

/** A reader, and what it has given back to the window. */
function createReader(maxMessageOctets = 1_000_000) {
  const released: number[] = [];
  const failures: unknown[] = [];
  const reader = new MessageReader<string>(
    { release: (octets) => released.push(octets) },
    {
      deserialize: (octets) => text.decode(octets),
      maxMessageOctets,
      onFailure: (error) => failures.push(error),
    },
  );
  return {
    reader,
    failures,
    released: () => released.splice(0).reduce((sum, octets) => sum + octets, 0),
  };
}

function message(content: string): Uint8Array {
  return envelope(new TextEncoder().encode(content));
}

/** True if the promise has settled once all microtasks have run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => settled = true;
  promise.then(settle, settle);
  await new Promise((resolve) => setTimeout(resolve, 0));
  return settled;
}

Deno.test("Messages are read in order, however they arrive", async () => {
  const { reader } = createReader();
  const first = reader.next();
  const octets = concat(["a", "", "bc"].map(message));
  for (const octet of octets) reader.push(Uint8Array.of(octet));
  reader.end();
  assert.equal((await first).value, "a");
  assert.deepEqual(await Array.fromAsync(reader), ["", "bc"]);
  assert.equal(reader.count, 3);
});

Deno.test("Without a reader the window is not given back", () => {
  const { reader, released } = createReader();
  for (let pushed = 0; pushed < 100; pushed++) reader.push(message("x".repeat(1000)));
  assert.equal(released(), 0);
});

Deno.test("The window is given back as messages are read, in large steps and in full", async () => {
  const { reader, released } = createReader();
  const one = message("x".repeat(1000));
  for (let pushed = 0; pushed < 64; pushed++) reader.push(one);
  let total = 0;
  let steps = 0;
  for (let read = 0; read < 64; read++) {
    await reader.next();
    const octets = released();
    total += octets;
    if (octets > 0) steps++;
    // Never more than what is no longer held.
    assert.ok(total <= (read + 1) * one.length);
  }
  assert.equal(total, 64 * one.length);
  assert.ok(steps <= 5, `${steps} steps`);
});

Deno.test("A waiting reader gives the window back at once: a message may be larger than it", async () => {
  const { reader, released } = createReader();
  const large = message("x".repeat(100_000));
  const pending = reader.next();
  reader.push(large.subarray(0, 60_000));
  assert.equal(released(), 60_000);
  reader.push(large.subarray(60_000));
  assert.equal(((await pending).value ?? "").length, 100_000);
  assert.equal(released(), large.length - 60_000);
});

Deno.test("What is held when a reader begins to wait is given back as well", async () => {
  const { reader, released } = createReader();
  const large = message("x".repeat(1000));
  reader.push(large.subarray(0, 500));
  assert.equal(released(), 0);
  const pending = reader.next();
  assert.equal(released(), 500);
  reader.push(large.subarray(500));
  await pending;
  assert.equal(released(), large.length - 500);
});

Deno.test("An end within a message is INTERNAL, after the messages before it", async () => {
  for (const cut of [1, 4, 5, 6]) {
    const { reader, failures } = createReader();
    reader.push(message("ok"));
    reader.push(message("cut").subarray(0, cut));
    reader.end();
    assert.equal((await reader.next()).value, "ok");
    await assert.rejects(reader.next(), { code: Status.INTERNAL });
    assert.equal(failures.length, 1);
  }
});

Deno.test("end() with an error throws it after the last message, fail() at once", async () => {
  const wrong = new RpcError(Status.ABORTED, "no");
  const ended = createReader().reader;
  ended.push(message("1"));
  ended.push(message("2"));
  ended.end(wrong);
  assert.equal((await ended.next()).value, "1");
  assert.equal((await ended.next()).value, "2");
  await assert.rejects(ended.next(), wrong);
  await assert.rejects(ended.next(), wrong);

  const failed = createReader().reader;
  failed.push(message("1"));
  failed.fail(wrong);
  await assert.rejects(failed.next(), wrong);
});

Deno.test("A waiting read settles with the message, the end, the error and the return", async () => {
  const wrong = new RpcError(Status.ABORTED, "no");
  const outcomes: ((reader: MessageReader<string>) => void)[] = [
    (reader) => reader.push(message("1")),
    (reader) => reader.end(),
    (reader) => reader.end(wrong),
    (reader) => reader.fail(wrong),
    (reader) => void reader.return(),
  ];
  const seen: unknown[] = [];
  for (const act of outcomes) {
    const { reader } = createReader();
    const pending = reader.next();
    assert.equal(await isSettled(pending), false);
    act(reader);
    seen.push(await pending.catch((error) => error));
  }
  const done = { done: true, value: undefined };
  assert.deepEqual(seen, [{ done: false, value: "1" }, done, wrong, wrong, done]);
});

Deno.test("A second read before the first one came is refused", async () => {
  const { reader } = createReader();
  const pending = reader.next();
  await assert.rejects(reader.next(), /before the last one came/);
  reader.end();
  assert.equal((await pending).done, true);
});

Deno.test("After return() what is there and what comes is dropped and given back", async () => {
  const { reader, released } = createReader();
  reader.push(message("dropped"));
  await reader.return();
  assert.equal(released(), 12);
  reader.push(message("x".repeat(995)));
  assert.equal(released(), 1000);
  assert.equal((await reader.next()).done, true);
});

Deno.test("What cannot be read is told once, ends the reading and holds nothing", async () => {
  const gzip = loadCodec("gzip");
  const good = gzip?.compress(new TextEncoder().encode("x".repeat(2000))) ?? new Uint8Array(0);
  const cases = [
    { name: "flag", octets: Uint8Array.of(9, 0, 0, 0, 0), code: Status.INTERNAL },
    { name: "too long", octets: Uint8Array.of(0, 0, 0, 4, 1), code: Status.RESOURCE_EXHAUSTED },
    { name: "not UTF-8", octets: envelope(Uint8Array.of(255)), code: Status.INTERNAL },
    { name: "no codec", octets: envelope(good, true), code: Status.INTERNAL },
    { name: "bomb", octets: envelope(good, true), code: Status.RESOURCE_EXHAUSTED, gzip },
    { name: "no gzip", octets: envelope(Uint8Array.of(1), true), code: Status.INTERNAL, gzip },
  ];
  for (const waits of [true, false]) {
    for (const { name, octets, code, gzip } of cases) {
      const { reader, failures } = createReader(1024);
      reader.codec = gzip;
      const pending = waits ? reader.next() : undefined;
      reader.push(octets);
      reader.push(message("never read"));
      await assert.rejects(pending ?? reader.next(), { code }, name);
      await assert.rejects(reader.next(), { code }, name);
      assert.equal(failures.length, 1, name);
      assert.equal(reader.count, 0, name);
    }
  }
});

Deno.test("A failure that ends the call from within settles the waiting read once", async () => {
  const reader: MessageReader<string> = new MessageReader<string>({ release() {} }, {
    deserialize: (octets) => text.decode(octets),
    maxMessageOctets: 10,
    onFailure: (error) => reader.end(error),
  });
  const pending = reader.next();
  reader.push(Uint8Array.of(0, 0, 0, 0, 99));
  // An unhandled rejection here would fail the test.
  await assert.rejects(pending, { code: Status.RESOURCE_EXHAUSTED });
});

Deno.test("Compressed and plain messages may follow each other", async () => {
  const { reader } = createReader();
  reader.codec = loadCodec("gzip");
  const compressed = reader.codec?.compress(new TextEncoder().encode("small")) ?? new Uint8Array();
  reader.push(concat([message("plain"), envelope(compressed, true), message("again")]));
  reader.end();
  assert.deepEqual(await Array.fromAsync(reader), ["plain", "small", "again"]);
});

Deno.test("nextBatch() takes what is here, waits for the first one and is empty at the end", async () => {
  const { reader, released } = createReader();
  const pending = reader.nextBatch(10);
  reader.push(message("1"));
  assert.deepEqual(await pending, ["1"]);
  for (const content of ["2", "3", "4"]) reader.push(message(content));
  assert.deepEqual(await reader.nextBatch(2), ["2", "3"]);
  assert.deepEqual(await reader.nextBatch(2), ["4"]);
  assert.equal(released(), 4 * 6);
  assert.equal(reader.count, 4);
  reader.end();
  assert.deepEqual(await reader.nextBatch(2), []);
});

Deno.test("nextBatch() gives the messages before a bad one, and then its error", async () => {
  const { reader, failures } = createReader();
  reader.push(concat([message("1"), message("2"), envelope(Uint8Array.of(255)), message("3")]));
  assert.deepEqual(await reader.nextBatch(10), ["1", "2"]);
  assert.equal(failures.length, 1);
  await assert.rejects(reader.nextBatch(10), { code: Status.INTERNAL });
});

/** A reader whose codec reads in place, and the messages that hooks and peeks saw. */
function createInPlaceReader() {
  const deserialize = (octets: Uint8Array) => text.decode(octets);
  setInPlaceDecoder(deserialize, (bytes, start, end) => {
    const content = text.decode(bytes.subarray(start, end));
    return `${content} in place`;
  });
  const reader = new MessageReader<string>(
    { release: () => {} },
    { deserialize, maxMessageOctets: 1_000_000 },
  );
  return reader;
}

Deno.test("Messages are read in place where the codec can, but not where hooks or gzip stand between", async () => {
  const plain = createInPlaceReader();
  plain.push(concat(["a", "", "bc"].map(message)));
  plain.end();
  assert.deepEqual(await Array.fromAsync(plain), ["a in place", " in place", "bc in place"]);

  const hooked = createInPlaceReader();
  hooked.addHooks([(content) => `${content} hooked`]);
  hooked.push(message("a"));
  assert.equal((await hooked.next()).value, "a hooked");

  const packed = createInPlaceReader();
  packed.codec = loadCodec("gzip");
  const gzipped = packed.codec?.compress(new TextEncoder().encode("a")) ?? new Uint8Array(0);
  packed.push(envelope(gzipped, true));
  assert.equal((await packed.next()).value, "a");
});

Deno.test("What an in-place codec throws fails the read as any codec's does", async () => {
  const reader = createInPlaceReader();
  reader.push(envelope(Uint8Array.of(0xff)));
  await assert.rejects(reader.next(), (error) => {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, Status.INTERNAL);
    assert.match(error.message, /^Cannot decode a message of 1 octets: /);
    return true;
  });
});

Deno.test("takeNow() gives what is here, and leaves waiting, the end and failures to next()", async () => {
  const { reader, failures } = createReader();
  assert.equal(reader.takeNow(), undefined);
  reader.push(concat([message("one"), message("two"), message("three").subarray(0, 6)]));
  assert.deepEqual(reader.takeNow(), { value: "one" });
  assert.deepEqual(reader.takeNow(), { value: "two" });
  assert.equal(reader.takeNow(), undefined);
  const third = reader.next();
  reader.push(message("three").subarray(6));
  assert.equal((await third).value, "three");
  reader.push(Uint8Array.of(9, 0, 0, 0, 0));
  assert.equal(reader.takeNow(), undefined);
  assert.equal(failures.length, 1);
  assert.equal(reader.takeNow(), undefined);
  await assert.rejects(reader.next(), RpcError);
  assert.equal(reader.count, 3);
});
