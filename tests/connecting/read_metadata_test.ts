import assert from "node:assert/strict";
import { UsageError } from "../../cli/mod.ts";
import { readMetadata } from "../../connecting/mod.ts";

Deno.test("readMetadata() reads names in any case, values with colons, repeated names and binary ones", () => {
  const metadata = readMetadata([
    "X-Site: north",
    "x-site:south",
    "url: http://a:1/b",
    "empty:",
    "x-key-bin: AAEC",
  ]);
  assert.deepEqual(metadata.get("x-site"), ["north", "south"]);
  assert.deepEqual(metadata.get("url"), ["http://a:1/b"]);
  assert.deepEqual(metadata.get("empty"), [""]);
  assert.deepEqual(metadata.get("x-key-bin"), [Uint8Array.of(0, 1, 2)]);
});

Deno.test("readMetadata() of no lines is empty", () => {
  assert.deepEqual(readMetadata([]).get("x-site"), []);
});

Deno.test("readMetadata() refuses a line that it cannot send, and quotes it", () => {
  const rows: readonly (readonly [line: string, sentence: string])[] = [
    ["x-site", 'Cannot use -H "x-site": it is not of the form "name: value"'],
    [
      "authorization Bearer x",
      'Cannot use -H "authorization …": it is not of the form "name: value"',
    ],
    [": north", 'Cannot use -H ": north": it is not of the form "name: value"'],
    ["x-bin: !", 'Cannot use -H "x-bin: !": it is not of the form "name-bin: base64"'],
    ["a b: c", 'Cannot set metadata "a b": a key holds only 0-9 a-z _ - .'],
    ["a: ü", 'Cannot set metadata "a": "ü" is not printable ASCII'],
    ["Host: x", 'Cannot use -H "Host: x": "Host" belongs to the protocol'],
    ["user-agent: x", 'Cannot use -H "user-agent: x": "user-agent" belongs to the protocol'],
    [
      "grpc-encoding: gzip",
      'Cannot use -H "grpc-encoding: gzip": "grpc-encoding" belongs to the protocol',
    ],
  ];
  for (const [line, sentence] of rows) {
    assert.throws(() => readMetadata([line]), (error: Error) => {
      assert.ok(error instanceof UsageError);
      assert.equal(error.message, sentence);
      return true;
    });
  }
});
