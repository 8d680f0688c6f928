import { strict as assert } from "node:assert";
import { gzipSync } from "node:zlib";
import { isKnownEncoding, loadCodec } from "../../rpc/compression.ts";
import { RpcError, Status } from "../../rpc/status.ts";

const MIB = 1024 * 1024;

function gzip() {
  const codec = loadCodec("gzip");
  assert.ok(codec !== undefined);
  return codec;
}

function refusal(octets: Uint8Array, maxOctets = 1000): RpcError {
  try {
    gzip().decompress(octets, maxOctets);
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error;
  }
  throw new Error("Expected a refusal");
}

Deno.test("identity has no codec, and only identity and gzip are known", () => {
  assert.equal(loadCodec("identity"), undefined);
  assert.deepEqual(["identity", "gzip", "deflate", "br", "GZIP", ""].map(isKnownEncoding), [
    ...[true, true, false, false, false, false],
  ]);
});

for (const length of [0, 1, 1000, MIB]) {
  Deno.test(`${length} octets come back from gzip as they were`, () => {
    const message = Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 255);
    const back = gzip().decompress(gzip().compress(message), MIB);
    assert.ok(back.length === length && back.every((octet, at) => octet === message[at]));
  });
}

Deno.test("A message of exactly the limit passes, one octet more does not", () => {
  assert.equal(gzip().decompress(gzipSync(new Uint8Array(1000)), 1000).length, 1000);
  const { code, message } = refusal(gzipSync(new Uint8Array(1001)));
  assert.equal(code, Status.RESOURCE_EXHAUSTED);
  assert.match(message, /above 1000 octets \(after decompression\)/);
});

Deno.test("A bomb is stopped at the limit", () => {
  const bomb = gzipSync(new Uint8Array(128 * MIB));
  assert.ok(bomb.length < MIB);
  const startedMs = performance.now();
  const before = Deno.memoryUsage().rss;
  assert.equal(refusal(bomb, MIB).code, Status.RESOURCE_EXHAUSTED);
  const grown = Deno.memoryUsage().rss - before;
  assert.ok(grown < 64 * MIB, `it took ${grown} octets`);
  assert.ok(performance.now() - startedMs < 2000);
});

const GOOD = gzipSync(new TextEncoder().encode("a message that is long enough to be cut"));

const BROKEN = [
  ["nothing", new Uint8Array(0)],
  ["no gzip", Uint8Array.of(1, 2, 3, 4)],
  ["a truncated one", GOOD.subarray(0, GOOD.length - 9)],
  ["one without its trailer", GOOD.subarray(0, GOOD.length - 8)],
  ["a bad checksum", GOOD.map((octet, at) => at === GOOD.length - 8 ? octet ^ 1 : octet)],
  ["a bad length", GOOD.map((octet, at) => at === GOOD.length - 1 ? octet ^ 1 : octet)],
  ["a bad header", GOOD.map((octet, at) => at === 2 ? octet ^ 1 : octet)],
] as const;

for (const [name, octets] of BROKEN) {
  Deno.test(`decompress() refuses ${name} as INTERNAL`, () => {
    assert.equal(refusal(octets).code, Status.INTERNAL);
  });
}
