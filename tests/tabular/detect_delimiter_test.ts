import assert from "node:assert/strict";
import { detectDelimiter } from "../../tabular/mod.ts";

const CASES = [
  { name: "commas", line: "id,sensor1,sensor2", delimiter: "," },
  { name: "semicolons", line: "id;sensor1;sensor2", delimiter: ";" },
  { name: "tabs", line: "id\tsensor1", delimiter: "\t" },
  { name: "bars", line: "id|sensor1", delimiter: "|" },
  { name: "one column", line: "temperature", delimiter: "," },
  { name: "decimal commas between semicolons", line: "1;0,5;2,25;3,125", delimiter: ";" },
  {
    name: "a comma in a text between semicolons",
    line: "id;name, first;name, last",
    delimiter: ";",
  },
  { name: "a list between commas", line: "id,a;b,c", delimiter: "," },
  { name: "delimiters in quotes", line: '"a;b;c;d",x', delimiter: "," },
  { name: "doubled quotes", line: '"a "";"" b";x|y', delimiter: ";" },
];

for (const { name, line, delimiter } of CASES) {
  Deno.test(`detectDelimiter() sees through ${name}`, () => {
    assert.equal(detectDelimiter(line), delimiter);
  });
}

Deno.test("detectDelimiter() takes a comma for the delimiter only if nothing else is one, with decimal commas", () => {
  assert.equal(detectDelimiter("1,5;2,5,7", ","), ";");
  assert.equal(detectDelimiter("1,5;2,5,7"), ",");
  assert.equal(detectDelimiter('id,"1,5"', ","), ",");
});
