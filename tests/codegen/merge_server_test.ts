import assert from "node:assert/strict";
import { mergeServer } from "../../codegen/mod.ts";
import { readServer } from "../../codegen/read_server.ts";
import { scanSource } from "../../codegen/scan_source.ts";
import { writeServer } from "../../codegen/write_server.ts";
import { createRandom, printSeed } from "../support/random.ts";
import { caseOf, loadProject, projectOf, PROTO_CASES } from "./support.ts";

const HEAD = 'syntax = "proto3"; package p; message A { int32 x = 1; } message B { bool y = 1; }';

/** A project whose service `S` has these methods. */
function methods(...lines: readonly string[]) {
  return projectOf(`${HEAD} service S { ${lines.join(" ")} }`);
}

const GET = "rpc Get(A) returns (A);";
const LIST = "rpc List(A) returns (stream B);";
const SUM = "rpc Sum(stream A) returns (A);";

Deno.test("mergeServer() adds nothing to what writeServer() wrote", async () => {
  for (const proto of PROTO_CASES) {
    const project = await loadProject(proto);
    const source = writeServer(project);
    const merged = mergeServer(project, source);
    assert.equal(merged.text, source, proto.name);
    assert.deepEqual(merged.added, []);
    assert.deepEqual(merged.snippets, [], proto.name);
    assert.deepEqual(merged.strangers, [], proto.name);
  }
});

Deno.test("mergeServer() keeps a hand-edited handler byte for byte and adds a new one behind it", async () => {
  const source = writeServer(await methods(GET)).replace(
    "return request;",
    [
      "// }; a brace in a comment, and `",
      '    const text = "};" + \'}\' + `}${[1, 2].map((n) => `{${n}}`).join("}")}` + /[/}`]\\/"{/.source;',
      "      return   { x : text.length };   // odd layout",
    ].join("\n"),
  );
  const merged = mergeServer(await methods(GET, LIST), source);
  assert.deepEqual(merged.added, ["S.List"]);
  assert.deepEqual(merged.snippets, []);
  assert.equal(merged.lines.get("S.Get"), 8);
  const isNew = (line: string) => !source.split("\n").includes(line);
  // Without its new lines it is what it was.
  assert.equal(removeAll(merged.text, source), source);
  assert.ok(merged.text.split("\n").filter(isNew).join("\n").includes("List() {"));
  assert.match(merged.text, /^import \{ RpcError, Status \} from ".\/gen\/runtime\/rpc.ts";$/m);
});

/** Removes from `text` what `source` does not have, as long as what is left is in the same order. */
function removeAll(text: string, source: string): string {
  const wanted = source.split("\n");
  const kept: string[] = [];
  for (const line of text.split("\n")) if (line === wanted[kept.length]) kept.push(line);
  return kept.join("\n");
}

Deno.test("mergeServer() appends a new service at the end", async () => {
  const source = `${writeServer(await methods(GET))}// The last line is the user's.\n`;
  const project = await projectOf(
    `${HEAD} service S { ${GET} } service T { ${LIST} rpc Get(A) returns (B); }`,
  );
  const merged = mergeServer(project, source, new Set(["p.S"]));
  assert.deepEqual(merged.added, ["T.List", "T.Get"]);
  assert.match(
    merged.text,
    /\/\/ The last line is the user's\.\n\n\/\*\* The handlers of `p\.T`\. \*\/\nexport const T: THandlers = \{/,
  );
  assert.match(merged.text, /^import type \{ THandlers \} from "\.\/gen\/test\.ts";$/m);
  assert.deepEqual(mergeServer(project, merged.text).added, []);
});

Deno.test("mergeServer() finds its way in what users make of an object", async () => {
  const rows: Record<string, string> = {
    "without a comma at the end":
      "export const S = {\n  Get(request) {\n    return request;\n  }\n};\n",
    "on one line": "export const S: SHandlers = { Get: (request) => request };\n",
    "without a blank": "export const S = {Get(request){return request}};\n",
    "empty": "export const S = {\n};\n",
    "with satisfies": "export const S = {\n  Get: get,\n} satisfies Partial<SHandlers>;\n",
    "with quoted and async members":
      'export const S = {\n  "Get": async function () {},\n  async Sum(r) {},\n};\n',
    "not exported": "const S = {\n  async get(request) { return request; },\n};\nexport { S };\n",
  };
  const project = await methods(GET, LIST, SUM);
  for (const [name, source] of Object.entries(rows)) {
    const merged = mergeServer(project, source);
    assert.ok(merged.added.includes("S.List"), name);
    assert.deepEqual(merged.snippets, [], name);
    const again = readServer(merged.text);
    const members = [...again?.objects.get("S")?.members.keys() ?? []];
    for (const member of ["List", "Sum"]) {
      assert.ok(members.includes(member), `${name}: ${members}`);
    }
    assert.equal(mergeServer(project, merged.text).text, merged.text, name);
    assert.ok(isWithin(source, merged.text), name);
  }
});

Deno.test("mergeServer() hands out a snippet where it cannot add without touching the user's code", async () => {
  const rows: Record<string, [source: string, reason: RegExp]> = {
    "another shape": ["export default new (class { Get() {} })();\n", /has no object "S"/],
    "a spread": ["export const S = {\n  Get,\n  ...others,\n};\n", /takes members from elsewhere/],
    "a brace too many": ["export const S = {\n  Get() {}\n}};\n", /brackets .* do not match/],
    "a string without end": ['export const S = {\n  Get: "\n};\n', /brackets .* do not match/],
  };
  const project = await methods(GET, LIST);
  for (const [name, [source, reason]] of Object.entries(rows)) {
    const merged = mergeServer(project, source, new Set(["p.S"]));
    assert.equal(merged.text, source, name);
    const snippet = merged.snippets.find(({ method }) => method === "S.List");
    assert.match(snippet?.reason ?? "no snippet", reason, name);
    assert.match(snippet?.code ?? "", /List\(\) \{/);
  }
});

Deno.test("mergeServer() says on which line a handler without a method is", async () => {
  const source = writeServer(await methods(GET, LIST));
  const merged = mergeServer(await methods(GET), source);
  assert.equal(merged.text, source);
  assert.deepEqual(merged.strangers, ["S.List"]);
  const line = source.split("\n").findIndex((text) => text.includes("List() {")) + 1;
  assert.equal(merged.lines.get("S.List"), line);
});

Deno.test("scanSource() takes TypeScript apart without falling for brackets in texts", () => {
  const rows: [source: string, words: string[] | undefined][] = [
    ["a / b / c", ["a", "b", "c"]],
    ["x = /[/}]{2}/g.test(y)", ["x", "test", "y"]],
    ["return /}/", ["return"]],
    ["`a${b}c${`d${e}`}` + f", ["b", "e", "f"]],
    ["`a${{ b: 1 }.b}`", ["b", "1", "b"]],
    ["// { \n/* } */ a", ["a"]],
    ["'}' + \"{\" + `\\`}`", []],
    ["#!/usr/bin/env node\nπ.ünï", ["π", "ünï"]],
    ["(a]", undefined],
    ["{", undefined],
    ["`${", undefined],
    ["'a\nb'", undefined],
  ];
  for (const [source, words] of rows) {
    const tokens = scanSource(source)?.filter(({ kind }) => kind === "word").map(({ text }) =>
      text
    );
    assert.deepEqual(tokens, words, source);
  }
});

Deno.test("mergeServer() of damaged code never throws, and never changes what is there", async () => {
  const seed = printSeed();
  const random = createRandom(seed);
  const before = await loadProject(caseOf("databroker"));
  const source = writeServer(before);
  const project = await methods(GET, LIST, SUM);
  const pieces = [
    "{",
    "}",
    "(",
    ")",
    "`",
    '"',
    "'",
    "/",
    "/*",
    "*/",
    "//",
    "${",
    ",",
    ";",
    "=",
    "const S = {",
    "\\",
  ];
  for (let round = 0; round < 2000; round++) {
    let text = source;
    for (let cut = 0; cut < 3; cut++) {
      const at = random(text.length);
      text = text.slice(0, at) + (pieces[random(pieces.length)] ?? "") + text.slice(at + random(4));
    }
    const merged = mergeServer(project, text);
    const isSubsequence = isWithin(text, merged.text);
    assert.ok(isSubsequence, `seed ${seed} round ${round}`);
  }
});

/** Whether `part` is left when something is taken out of `whole`. */
function isWithin(part: string, whole: string): boolean {
  let at = 0;
  for (const char of whole) if (char === part[at]) at++;
  return at === part.length;
}
