import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";
import { openInput } from "../../cli/mod.ts";
import { testIo } from "../../cli/test_io.ts";
import { temporaryFolder } from "../support/broker.ts";
import { withTimeout } from "../support/with_timeout.ts";

const TEXT = "id,sensor1\n1,0.5\n";

/** Reads an input to its end, as a file of the given octets. */
async function readFile(octets: Uint8Array, name = "rows.csv"): Promise<string> {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/${name}`;
  await Deno.writeFile(path, octets);
  const input = await openInput(path, testIo());
  try {
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of input.chunks) text += decoder.decode(chunk, { stream: true });
    return text;
  } catch (error) {
    throw error instanceof Error ? new Error(error.message.replace(path, name)) : error;
  } finally {
    await input.close();
  }
}

const READABLE: Readonly<Record<string, readonly [octets: Uint8Array, text: string]>> = {
  "plain text": [Buffer.from(TEXT), TEXT],
  "a gzip file": [gzipSync(TEXT), TEXT],
  "members one after the other": [Buffer.concat([gzipSync(TEXT), gzipSync(TEXT)]), TEXT + TEXT],
  "an empty member, as bgzip ends": [Buffer.concat([gzipSync(TEXT), gzipSync("")]), TEXT],
  "nothing": [new Uint8Array(), ""],
  "one octet": [Buffer.from("1"), "1"],
  "the first octet of a gzip file alone": [Buffer.from([0x1f]), "\x1f"],
};

for (const [name, [octets, text]] of Object.entries(READABLE)) {
  Deno.test(`openInput() reads ${name}, whatever the file is called`, async () => {
    assert.equal(await readFile(octets, "rows.csv"), text);
    assert.equal(await readFile(octets, "rows.csv.gz"), text);
  });
}

const packed = gzipSync(TEXT.repeat(1000));
const UNREADABLE: Readonly<Record<string, readonly [octets: Uint8Array, reason: string]>> = {
  "cut off in the data": [packed.subarray(0, 30), "it is cut off: the gzip data has no end"],
  "cut off in its checksum": [packed.subarray(0, -3), "it is cut off: the gzip data has no end"],
  "only two octets": [packed.subarray(0, 2), "it is cut off: the gzip data has no end"],
  "damaged": [
    Uint8Array.from(packed, (octet, index) => index === packed.length - 6 ? octet ^ 1 : octet),
    "it is damaged: its gzip data cannot be inflated",
  ],
  "followed by something else": [
    Buffer.concat([packed, Buffer.from("id,sensor1\n")]),
    "it is damaged: its gzip data cannot be inflated",
  ],
};

for (const [name, [octets, reason]] of Object.entries(UNREADABLE)) {
  Deno.test(`openInput() says in one sentence that a gzip file is ${name}`, async () => {
    await assert.rejects(readFile(octets), { message: `Cannot read "rows.csv": ${reason}` });
  });
}

Deno.test("openInput() inflates no more of a bomb than is asked for", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/bomb.gz`;
  // 256 MiB in 256 KiB.
  const member = gzipSync(Buffer.alloc(16 * 1024 * 1024, 0x61));
  await Deno.writeFile(path, Buffer.concat(Array.from({ length: 16 }, () => member)));
  const input = await openInput(path, testIo());
  const before = Deno.memoryUsage().rss;
  let octets = 0;
  for await (const chunk of input.chunks) {
    octets += chunk.length;
    assert.ok(chunk.length <= 64 * 1024);
    if (octets >= 128 * 1024 * 1024) break;
  }
  await input.close();
  assert.ok(Deno.memoryUsage().rss - before < 100 * 1024 * 1024);
});

Deno.test("close() ends a gzip input that waits, without an error", async () => {
  const stdin = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(packed.subarray(0, 20)),
  });
  const input = await openInput("-", { ...testIo(), stdin });
  const reading = (async () => {
    for await (const _ of input.chunks);
  })();
  await input.close();
  await withTimeout(reading, 5000, "the input to end");
});
