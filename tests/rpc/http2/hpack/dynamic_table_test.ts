import assert from "node:assert/strict";
import { DynamicTable } from "../../../../rpc/http2/hpack/dynamic_table.ts";

const octetsOf34 = (name: string) => ({ name, value: "v" });

Deno.test("at() returns the newest entry first, and the very object inserted", () => {
  const table = new DynamicTable(4096);
  const [first, second] = [octetsOf34("a"), octetsOf34("b")];
  table.insert(first);
  table.insert(second);
  assert.equal(table.at(0), second);
  assert.equal(table.at(1), first);
});

Deno.test("at() returns nothing for an age that no entry has", () => {
  const table = new DynamicTable(34 * 16);
  for (let i = 0; i < 20; i++) table.insert(octetsOf34("a"));
  assert.equal(table.length, 16);
  assert.equal(table.at(16), undefined);
  assert.equal(table.at(-1), undefined);
});

Deno.test("insert() evicts the oldest entries until the new one fits", () => {
  const evicted: [string, number][] = [];
  const table = new DynamicTable(102, {
    onEvict: (field, position) => evicted.push([field.name, position]),
  });
  for (const name of ["a", "b", "c", "d", "e"]) table.insert(octetsOf34(name));
  assert.deepEqual(evicted, [["a", 0], ["b", 1]]);
  assert.deepEqual([table.length, table.octets], [3, 102]);
  assert.deepEqual([0, 1, 2].map((age) => table.at(age)?.name), ["e", "d", "c"]);
});

Deno.test("insert() empties the table for an entry that is larger than all of it", () => {
  const table = new DynamicTable(102);
  table.insert(octetsOf34("a"));
  assert.equal(table.insert({ name: "b", value: "v".repeat(70) }), undefined);
  assert.deepEqual([table.length, table.octets], [0, 0]);
});

Deno.test("insert() takes an entry of exactly the maximum", () => {
  const table = new DynamicTable(34);
  assert.equal(table.insert(octetsOf34("a")), 0);
  assert.equal(table.insert(octetsOf34("b")), 1);
  assert.deepEqual([table.length, table.octets, table.at(0)?.name], [1, 34, "b"]);
});

Deno.test("resize() evicts what no longer fits, and lets the table fill again", () => {
  const table = new DynamicTable(4096);
  for (const name of ["a", "b", "c"]) table.insert(octetsOf34(name));
  table.resize(70);
  assert.deepEqual([table.length, table.at(1)?.name], [2, "b"]);
  table.resize(0);
  assert.deepEqual([table.length, table.octets], [0, 0]);
  assert.equal(table.insert(octetsOf34("d")), undefined);
  table.resize(4096);
  table.insert(octetsOf34("e"));
  assert.equal(table.at(0)?.name, "e");
});

Deno.test("Positions and ages stay right while the ring grows and turns", () => {
  const table = new DynamicTable(34 * 100);
  const positions = new Map<number, string>();
  for (let i = 0; i < 1000; i++) {
    const name = String.fromCharCode(0x100 + i);
    const position = table.insert(octetsOf34(name));
    assert.equal(position, i);
    positions.set(i, name);
    assert.equal(table.length, Math.min(i + 1, 100));
    for (const back of [0, table.length >> 1, table.length - 1]) {
      assert.equal(table.at(table.age(i - back))?.name, positions.get(i - back));
    }
  }
});
