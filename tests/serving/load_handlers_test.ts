import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { loadHandlers } from "../../serving/load_handlers.ts";
import { temporaryFolder } from "../support/broker.ts";

const WANTED = "--handlers takes a module in TypeScript or JavaScript (.ts, .js)";

interface Row {
  /** Of a file in a folder of its own; a module's name is its own, as a failed import is remembered. */
  readonly name: string;
  readonly text: string;
  /** `HERE` stands for the URL of the file, `PATH` for its path. */
  readonly reason: string;
}

const NO_MODULES: readonly Row[] = [
  {
    name: "data.csv",
    text: "id,value\n1,2\n",
    reason: `it is no module; ${WANTED}; rows are for broker stream`,
  },
  {
    name: "model.proto",
    text: 'syntax = "proto3";\n',
    reason: `it is no module; ${WANTED}; this is for broker serve PATH --handlers FILE.ts`,
  },
  { name: "model.py", text: "import os\n", reason: `it is no module; ${WANTED}` },
  { name: "model.json", text: "{}", reason: `it is no module; ${WANTED}` },
  { name: "handlers", text: "export const handlers = {};", reason: `it is no module; ${WANTED}` },
];

const FAILURES: readonly Row[] = [
  {
    name: "throws.ts",
    text: 'throw new Error("There is no model.bin.\\nAt all");',
    reason: "There is no model.bin at HERE:1:7",
  },
  {
    name: "deep (1).ts",
    text: "function load(): void {\n  throw new Error('no model');\n}\nload();",
    reason: "no model at HERE:2:9",
  },
  { name: "throws_text.js", text: 'throw "no model";', reason: "no model" },
  {
    name: "misspelt.js",
    text: "\nmodul.exports = {};",
    reason: "modul is not defined at HERE:2:1",
  },
  {
    name: "no_export.js",
    text: 'import { nope } from "data:text/javascript,export const a = 1";\nnope();',
    reason: "The requested module 'data:text/javascript,export const a = 1' does not provide an " +
      "export named 'nope' at HERE:1:10",
  },
];

async function assertReasons(rows: readonly Row[], t: Deno.TestContext): Promise<void> {
  await using folder = await temporaryFolder();
  for (const { name, text, reason } of rows) {
    await t.step(name, async () => {
      const path = `${folder.path}/${name}`;
      await Deno.writeTextFile(path, text);
      const here = decodeURI(pathToFileURL(path).href);
      const wanted = reason.replace("HERE", here).replace("PATH", path);
      const message = `Cannot load the handlers "${path}": ${wanted}`;
      await assert.rejects(loadHandlers(path), { name: "CommandError", message });
    });
  }
}

Deno.test("loadHandlers() says of what is no module what it takes", async (t) => {
  await assertReasons(NO_MODULES, t);
  await using folder = await temporaryFolder();
  const message = `Cannot load the handlers "${folder.path}": it is a folder; ${WANTED}`;
  await assert.rejects(loadHandlers(folder.path), { message });
});

Deno.test("loadHandlers() says why a module fails, and where", (t) => assertReasons(FAILURES, t));

Deno.test("loadHandlers() says how a package is imported", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/bare.js`;
  await Deno.writeTextFile(path, 'import "left-pad";');
  await assert.rejects(
    loadHandlers(path),
    /: Import "left-pad" not a dependency[^;]* at file:\S+bare\.js:1:8; write "npm:left-pad"$/,
  );
});
