import assert from "node:assert/strict";
import { loadSources, SchemaError } from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";
import { testProto, withFiles } from "./support.ts";

const constructs = () => loadSources(repositoryPath("tests/testdata/scaffold/constructs.proto"));

Deno.test("loadSources() reads the comments of everything that can have one", async () => {
  const { comments } = (await constructs()).notes;
  const rows: Record<string, string | undefined> = {
    "t.constructs.Color": "Leading comment of the enum; with */ and `backticks`.",
    "t.constructs.Color.RED": "trailing comment of RED",
    "t.constructs.Everything": "A comment\nof two lines.",
    "t.constructs.Everything.x": "Leading comment.",
    "t.constructs.Everything.y": "Trailing comment alone.",
    "t.constructs.Everything.choice": "One of these.",
    "t.constructs.Everything.choice_text": "The text.",
    "t.constructs.Constructs": "The service.",
    "t.constructs.Constructs.Echo": "Trailing comment of Echo.",
    "t.constructs.Everything.self": undefined,
  };
  for (const [name, comment] of Object.entries(rows)) {
    assert.equal(comments.get(name), comment, name);
  }
});

Deno.test("loadSources() knows required fields, extension fields, and messages that no method uses", async () => {
  const sources = await constructs();
  assert.deepEqual([...sources.notes.required].sort(), [
    "t.legacy.Legacy.id",
    "t.legacy.Strict.legacy",
    "t.legacy.Strict.name",
  ]);
  const fields = sources.messages.get("t.legacy.Legacy")?.fields.map(({ name }) => name) ?? [];
  assert.ok(fields.includes(".t.legacy.extra"));
  assert.ok(sources.messages.has("t.constructs.Outer.Inner"));
  assert.ok(sources.enums.has("t.constructs.Outer.Inner.Kind"));
  assert.equal(sources.package, "t.constructs");
  assert.deepEqual([...sources.packages].sort(), ["google.protobuf", "t.constructs", "t.legacy"]);
});

Deno.test("loadSources() names the files as they import each other, the main one first", async () => {
  const path = repositoryPath("tests/testdata/scaffold/three_services.proto");
  const importPaths = [repositoryPath("tests/testdata/scaffold/imports")];
  const { files } = await loadSources(path, { importPaths });
  assert.deepEqual(files.map(({ name }) => name), ["three_services.proto", "common/money.proto"]);
  assert.equal(files[1]?.text, await Deno.readTextFile(`${importPaths[0]}/common/money.proto`));
  const everything = await loadSources(testProto("everything.proto"));
  assert.deepEqual(everything.files.map(({ name }) => name), [
    "everything.proto",
    "proto2_types.proto",
  ]);
});

Deno.test("loadSources() refuses imports that could not stand in one folder", async () => {
  const head = 'syntax = "proto3";\n';
  const service = "message M {}\nservice S { rpc A(M) returns (M); }\n";
  const rows: [files: Record<string, string>, message: RegExp][] = [
    [
      { "a/main.proto": `${head}import "../up.proto";\n${service}`, "up.proto": head },
      /its import "\.\.\/up\.proto" must be a path below a folder of -I, with slashes and without \. or \.\.$/,
    ],
    [
      {
        "a/main.proto": `${head}import "b.proto";\nimport "a/b.proto";\n${service}`,
        "a/b.proto": head,
      },
      /it is imported both as "b\.proto" and as "a\/b\.proto"; use one of them$/,
    ],
  ];
  for (const [files, message] of rows) {
    await withFiles(files, async (folder) => {
      await assert.rejects(
        loadSources(`${folder}/a/main.proto`, { importPaths: [folder] }),
        (error: unknown) => {
          assert.ok(error instanceof SchemaError);
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});

Deno.test("loadSources() finds the package behind comments and strings", async () => {
  const text = '/* package a; */ // package b;\nsyntax = "proto3";\n' +
    'option java_package = "package c;";\npackage\n  d.e ;\nmessage M {}\nservice S { rpc A(M) returns (M); }\n';
  await withFiles({ "p.proto": text }, async (folder) => {
    assert.equal((await loadSources(`${folder}/p.proto`)).package, "d.e");
  });
});
