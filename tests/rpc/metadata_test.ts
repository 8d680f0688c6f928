import { strict as assert } from "node:assert";
import { Metadata } from "../../rpc/metadata.ts";

Deno.test("Metadata keeps the values of a key in order, whatever its case", () => {
  const metadata = new Metadata();
  metadata.add("X-Key", "one");
  metadata.add("x-key", "two");
  assert.deepEqual(metadata.get("X-KEY"), ["one", "two"]);
  assert.equal(metadata.text("x-Key"), "one");
  metadata.set("X-key", "three");
  assert.deepEqual(metadata.get("x-key"), ["three"]);
  metadata.remove("X-KEY");
  assert.deepEqual(metadata.get("x-key"), []);
  assert.equal(metadata.isEmpty, true);
});

const REFUSED = [
  ["", "v", /a key holds only/],
  ["a key", "v", /a key holds only/],
  [":path", "/", /a key holds only/],
  ["schlüssel", "v", /a key holds only/],
  ["x-bin", "text", /must be a Uint8Array/],
  ["x", Uint8Array.of(1), /only keys that end in -bin/],
  ["x", "ü", /is not printable ASCII/],
  ["x", "a\nb", /is not printable ASCII/],
] as const;

for (const [key, value, message] of REFUSED) {
  Deno.test(`Metadata refuses ${JSON.stringify(key)}: ${JSON.stringify(value)}`, () => {
    const metadata = new Metadata();
    assert.throws(() => metadata.set(key, value), message);
    assert.throws(() => metadata.add(key, value), message);
    assert.throws(() => Metadata.of({ [key]: value }), message);
    assert.equal(metadata.isEmpty, true);
  });
}

Deno.test("A clone and what get() returns do not change the original", () => {
  const metadata = Metadata.of({ a: "1" });
  metadata.clone().add("a", "2");
  metadata.get("a").push("3");
  assert.deepEqual(metadata.toJSON(), { a: ["1"] });
});

Deno.test("merge() adds the values of another one, even of itself", () => {
  const metadata = Metadata.of({ a: "1", b: "2" });
  metadata.merge(Metadata.of({ b: "3" }));
  assert.deepEqual([...metadata], [["a", "1"], ["b", "2"], ["b", "3"]]);
  metadata.merge(metadata);
  assert.deepEqual(metadata.get("a"), ["1", "1"]);
});

Deno.test("Metadata has what grpc-js's has", () => {
  const metadata = Metadata.of({ a: "1", "b-bin": Uint8Array.of(255) });
  metadata.add("a", "2");
  assert.deepEqual(metadata.getMap(), { a: "1", "b-bin": Uint8Array.of(255) });
  assert.deepEqual(metadata.toHttp2Headers(), { a: ["1", "2"], "b-bin": "/w==" });
  assert.deepEqual([...metadata.internalRepr.keys()], ["a", "b-bin"]);
  assert.deepEqual(metadata.getOptions(), {});
  metadata.setOptions({ waitForReady: true });
  assert.deepEqual(metadata.getOptions(), { waitForReady: true });
  assert.equal(metadata.getOpaque("k"), undefined);
  metadata.setOpaque("k", 7);
  assert.equal(metadata.getOpaque("k"), 7);
});
