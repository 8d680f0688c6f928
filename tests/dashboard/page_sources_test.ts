import assert from "node:assert/strict";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";

const ASSETS = repositoryPath("dashboard/assets");

async function readAssets(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name } of Deno.readDir(ASSETS)) {
    files.set(name, await Deno.readTextFile(`${ASSETS}/${name}`));
  }
  return files;
}

Deno.test("the scripts of the page fit their types", async () => {
  const files = [...(await readAssets()).keys()].filter((name) => name.endsWith(".js"));
  assert.ok(files.includes("main.js"), "the scripts were not found");
  // A configuration of its own: what runs in a browser has the DOM, the rest of the repository has not.
  const config = repositoryPath("tests/dashboard/page_types.json");
  const { code, stdout, stderr } = await runProgram(
    [
      Deno.execPath(),
      ...["check", "--no-lock", "--config", config],
      ...files.map((name) => `${ASSETS}/${name}`),
    ],
    { timeoutMs: 120_000 },
  );
  assert.equal(code, 0, stdout + stderr);
});

Deno.test("the page has nothing that its content security policy forbids, and no way to HTML from text", async () => {
  const forbidden = {
    "index.html": [/<script(?![^>]*\bsrc=)/i, /<style/i, /\sstyle=/i, /\son[a-z]+=/i],
    ".js": [/\binnerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function\(/],
    "": [/(?:src|href|url\(|from |import )\s*["'(]?\s*(?:https?:)?\/\//i],
  };
  for (const [name, text] of await readAssets()) {
    for (const [ending, patterns] of Object.entries(forbidden)) {
      if (!name.endsWith(ending)) continue;
      for (const pattern of patterns) assert.doesNotMatch(text, pattern, `${name} has ${pattern}`);
    }
  }
});

Deno.test("every file of the page is one that the page asks for", async () => {
  const files = await readAssets();
  const asked = new Set(["index.html"]);
  for (const name of asked) {
    const text = files.get(name);
    assert.ok(text !== undefined, `"${name}" is asked for, but there is none`);
    for (const [, other] of text.matchAll(/"(?:\/assets|\.)\/([\w.-]+\.(?:js|css))"/g)) {
      if (other !== undefined) asked.add(other);
    }
  }
  assert.deepEqual([...files.keys()].sort(), [...asked].sort());
});
