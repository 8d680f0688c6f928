import assert from "node:assert/strict";
import { formatJson, JsonError, JsonReader, type JsonReaderOptions } from "../../json/mod.ts";
import { createRandom, printSeed } from "../support/random.ts";

/** Texts of several values: what is in them and where each begins, or how the reading ends. */
const ROWS: readonly (readonly [text: string, values: readonly string[], fault?: RegExp])[] = [
  ['{"a":1}\n{"b":[1,2]}\n', ['{"a":1} 1:1', '{"b":[1,2]} 2:1']],
  ['{}{}  5"x"null true[1]', [
    "{} 1:1",
    "{} 1:3",
    "5 1:7",
    '"x" 1:8',
    "null 1:11",
    "true 1:16",
    "1 1:21",
  ]],
  ['[{"a":1},\r\n {"b":2}]', ['{"a":1} 1:2', '{"b":2} 2:2']],
  ["[] [ ]\n[3]", ["3 2:2"]],
  ['{"é😀":"\\"}{"}\n7', ['{"é😀":"\\"}{"} 1:1', "7 2:1"]],
  ["", []],
  [" \n\t\r", []],
  ["[1,,2]", ["1 1:2"], /^line 1 column 4: found ",", want a value$/],
  ["[1 2]", ["1 1:2"], /^line 1 column 4: found "2", want "," or "\]"$/],
  ["[1,]", ["1 1:2"], /^line 1 column 4: a comma before "\]" is not allowed$/],
  ["[[1, ]]", [], /^line 1 column 6: a comma before "\]" is not allowed$/],
  ['{"a":1,}', [], /^line 1 column 8: a comma before "}" is not allowed$/],
  ['{"a":1,,}', [], /^line 1 column 8: found ",", want a key in quotes$/],
  ["{,}", [], /^line 1 column 2: found ",", want a key in quotes or "}"$/],
  ["[1", ["1 1:2"], /^line 1 column 3: found the end, want "\]"$/],
  ['{}\n{"a" 1}', ["{} 1:1"], /^line 2 column 6: found "1", want ":"$/],
  ['{"😀" 1}', [], /^line 1 column 6: found "1", want ":"$/],
  ["{]", [], /^line 1 column 2: found "\]", want a key in quotes or "}"$/],
  ["}", [], /^line 1 column 1: found "}", want a value$/],
  ['{"a":1', [], /^line 1 column 7: found the end, want "," or "}"$/],
  ['{"a":1,"\\u0061":2}', [], /^line 1 column 8: the key "a" is there twice$/],
  ['{"a":tru}', [], /^line 1 column 6: found "tru", want a value$/],
  ["01", [], /^line 1 column 1: found "01", want a value$/],
  ["+1", [], /want a value$/],
  ['"a\nb"', [], /^line 1 column 3: a control character in quotes must be escaped$/],
  ['"\\x"', [], /^line 1 column 2: the escape is not one of JSON$/],
  ['"\\udc00"', [], /^line 1 column 1: the text has half of a surrogate pair$/],
  ["'a'", [], /^line 1 column 1: found "'a'", want a value$/],
  [`${"[".repeat(300)}${"]".repeat(300)}`, [], /it nests deeper than 256 levels$/],
];

function readAll(pieces: Iterable<string>, options?: JsonReaderOptions): [string[], string] {
  const reader = new JsonReader(options);
  const values: string[] = [];
  const note = (items: ReturnType<JsonReader["push"]>) => {
    for (const { value, position: { line, column } } of items) {
      values.push(`${formatJson(value)} ${line}:${column}`);
    }
  };
  try {
    for (const piece of pieces) note(reader.push(piece));
    note(reader.finish());
    return [values, ""];
  } catch (error) {
    assert.ok(error instanceof JsonError, String(error));
    return [values, error.message];
  }
}

Deno.test("JsonReader reads values one after the other, one a line and in arrays", () => {
  for (const [text, values, fault = /^$/] of ROWS) {
    const [read, message] = readAll([text]);
    assert.deepEqual(read, values, text);
    assert.match(message, fault, text);
  }
});

Deno.test("JsonReader reads the same in pieces of one unit and at every split", () => {
  for (const [text] of ROWS) {
    const whole = readAll([text]);
    assert.deepEqual(readAll(text.split("")), whole, `units of ${text}`);
    for (let at = 1; at < Math.min(text.length, 100); at++) {
      assert.deepEqual(readAll([text.slice(0, at), text.slice(at)]), whole, `${text} at ${at}`);
    }
  }
});

Deno.test("JsonReader leaves an array whole where a message may be one", () => {
  const [values] = readAll(["[1,[2]]\n[3]"], { splitsArrays: false });
  assert.deepEqual(values, ["[1,[2]] 1:1", "[3] 2:1"]);
});

Deno.test("JsonReader hands a value out with the piece that ends it", () => {
  const reader = new JsonReader();
  assert.equal([...reader.push('[{"a":1}')].length, 1);
  assert.equal([...reader.push(",")].length, 0);
  assert.equal([...reader.push('{"a":2')].length, 0);
  assert.equal([...reader.push("}")].length, 1);
  assert.equal([...reader.push("]")].length, 0);
});

Deno.test("JsonReader keeps every digit, and formatJson() gives back what JSON.parse() reads", () => {
  const random = createRandom(printSeed());
  for (let round = 0; round < 300; round++) {
    const value = randomValue(random, 0);
    const text = JSON.stringify(value, null, random(4));
    const reader = new JsonReader({ splitsArrays: false });
    const items = [...reader.push(text), ...reader.finish()];
    assert.equal(items.length, 1, text);
    for (const isIndented of [false, true]) {
      const written = formatJson(items[0].value, { isIndented });
      assert.deepEqual(JSON.parse(written), JSON.parse(text), text);
    }
  }
  const [values] = readAll(["[1700000000123456789, -0, 1e400]"]);
  assert.deepEqual(values, ["1700000000123456789 1:2", "-0 1:23", "1e400 1:27"]);
});

Deno.test("formatJson() lets no character through that steers a terminal", () => {
  const [values] = readAll(['"\\u001b[31m\\u009b\\u202e"']);
  assert.deepEqual(values, ['"\\u001b[31m\\u009b\\u202e" 1:1']);
});

const TEXTS = ["", "a", "é😀", '"\\', "\u0000\n", "__proto__", "{[,:]}"];

function randomValue(random: (below: number) => number, depth: number): unknown {
  const text = TEXTS[random(TEXTS.length)];
  switch (random(depth > 4 ? 5 : 7)) {
    case 0:
      return null;
    case 1:
      return random(2) === 0;
    case 2:
      return text;
    case 3:
      return random(1000) - 500;
    case 4:
      return random(2 ** 31) / 1e5;
    case 5:
      return Array.from({ length: random(4) }, () => randomValue(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random(4) }, (_, index) => [
          text + index,
          randomValue(random, depth + 1),
        ]),
      );
  }
}
