import assert from "node:assert/strict";
import { parseList } from "../../tabular/mod.ts";

const CASES = [
  { name: "one item", text: "1", items: ["1"] },
  { name: "semicolons", text: "1; 2.5 ;3", items: ["1", "2.5", "3"] },
  { name: "brackets", text: " [1, 2.5,3] ", items: ["1", "2.5", "3"] },
  { name: "empty brackets", text: "[ ]", items: [] },
  { name: "an empty item", text: "a;;b", items: ["a", "", "b"] },
  { name: "JSON strings", text: '["a, b", "c\\n"]', items: ["a, b", "c\n"] },
  { name: "Python strings", text: "['a', 'b c']", items: ["a", "b c"] },
  { name: "brackets that are not JSON", text: '["a", b]', items: ["a", "b"] },
  { name: "large integers, unrounded", text: "[9007199254740993]", items: ["9007199254740993"] },
];

for (const { name, text, items } of CASES) {
  Deno.test(`parseList() splits ${name}`, () => {
    assert.deepEqual(parseList(text), items);
  });
}

Deno.test("parseList() keeps blanks between semicolons if asked to", () => {
  assert.deepEqual(parseList(" a ;b ", { keepBlanks: true }), [" a ", "b "]);
});
