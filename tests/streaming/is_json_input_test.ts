import assert from "node:assert/strict";
import { isJsonInput } from "../../streaming/is_json_input.ts";

const NO_FLAGS = { header: false, noHeader: false, delimiter: undefined, decimal: "." } as const;

/** An input in pieces, and whether it was let go of. */
function piecesOf(...pieces: string[]) {
  const state = { isClosed: false };
  async function* read(): AsyncGenerator<Uint8Array, undefined> {
    try {
      for (const piece of pieces) yield await new TextEncoder().encode(piece);
    } finally {
      state.isClosed = true;
    }
  }
  return { chunks: read(), state };
}

Deno.test("isJsonInput() tells JSON by its first octets, and loses none of them", async (t) => {
  const cases: [name: string, pieces: string[], isJson: boolean][] = [
    ["an object", ['{"a":1}\n', "{}"], true],
    ["behind blanks and a byte order mark", ["\uFEFF", "\r\n \t", " ".repeat(9000) + "{"], true],
    ["a list of objects", ['[ {"a":1}]'], true],
    ["a list that goes on", ["[\n", "{"], true],
    ["a list of numbers, as a cell may be", ["[1;2],3\n"], false],
    ["a header", ["id,", "value\n{"], false],
    ["nothing", [], false],
  ];
  for (const [name, pieces, isJson] of cases) {
    await t.step(name, async () => {
      const seen = await isJsonInput("-", NO_FLAGS, piecesOf(...pieces).chunks);
      assert.equal(seen.isJson, isJson);
      const read = await Array.fromAsync(seen.chunks, (chunk) => [...chunk]);
      assert.deepEqual(read.flat(), [...new TextEncoder().encode(pieces.join(""))]);
    });
  }
});

Deno.test("isJsonInput() believes names and flags before octets", async () => {
  const isJson = async (path: string, flags = {}) =>
    (await isJsonInput(path, { ...NO_FLAGS, ...flags }, piecesOf("{").chunks)).isJson;
  assert.equal(await isJson("a.csv"), false);
  assert.equal(await isJson("a.TSV.gz"), false);
  assert.equal(await isJson("a.txt"), true);
  assert.equal(await isJson("a.txt", { noHeader: true }), false);
  assert.equal(await isJson("a.txt", { decimal: "," }), false);
});

Deno.test("isJsonInput() lets go of the input with who reads it", async () => {
  const { chunks, state } = piecesOf("{}\n", "{}\n", "{}\n");
  const seen = await isJsonInput("-", NO_FLAGS, chunks);
  for await (const _ of seen.chunks) break;
  assert.equal(state.isClosed, true);
});
