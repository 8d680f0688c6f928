import assert from "node:assert/strict";
import { readSyntax, toKnownEdition } from "../../schema/edition_text.ts";
import { findImports } from "../../schema/read_imports.ts";
import { loadSchema } from "../../schema/mod.ts";

Deno.test("findImports() tells the line of each import, and passes over comments and strings", () => {
  const text = '\n/* import "a"; */ import "b";\n// import "c";\nx = "import \'d\'";\n' +
    "import public 'e'; import weak \"f\";\n/* import 'g';";
  const found = findImports(text).map(({ target, line }) => `${target} ${line}`);
  assert.deepEqual(found, ["b 2", "e 5", "f 5"]);
});

/** What began anew at every character took a minute for these; in linear time it is some ms. */
const COUNT = 250_000;
const MOST_MS = 5000;
const ENDLESS: Readonly<Record<string, string>> = {
  "a comment": `edition = "2024"; ${"/* ".repeat(COUNT)}`,
  "a string": `edition = "2024"; "${'\\"'.repeat(COUNT)}`,
  "the imports": `edition = "2024"; ${'import "google/protobuf/any.proto";\n'.repeat(COUNT)}`,
};

for (const [name, text] of Object.entries(ENDLESS)) {
  Deno.test(`a .proto where ${name} will not end is read in linear time`, () => {
    const start = performance.now();
    findImports(text);
    readSyntax(text);
    toKnownEdition(text);
    assert.ok(performance.now() - start < MOST_MS);
  });
}

Deno.test("A file that is imported for its options alone may be missing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "broker-test-" });
  try {
    const path = `${folder}/lab.proto`;
    await Deno.writeTextFile(
      path,
      'edition = "2024"; import option "google/protobuf/go_features.proto"; ' +
        "option features.(pb.go).api_level = API_OPAQUE; " +
        "message M { int32 id = 1; } service S { rpc Get(M) returns (M); }",
    );
    assert.deepEqual((await loadSchema([path])).services.map(({ fullName }) => fullName), ["S"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
