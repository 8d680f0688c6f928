import assert from "node:assert/strict";
import { judge, readTree } from "./codegen/scaffold_support.ts";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";

Deno.test("broker scaffold run again writes nothing, and finds its folder from the .proto in it", async () => {
  await using project = await judge();
  assert.equal((await project.scaffold()).exitCode, 0);
  const before = await readTree(project.out);
  const again = await project.scaffold();
  assert.equal(again.exitCode, 0);
  assert.match(again.stderr, /out is up to date\n$/);
  const inPlace = await runBroker(["scaffold", `${project.out}/judge.proto`]);
  assert.equal(inPlace.exitCode, 0, inPlace.stderr);
  assert.match(inPlace.stderr, /out is up to date\n$/);
  assert.deepEqual(await readTree(project.out), before);
});

Deno.test("broker scaffold adds a new method, and leaves a hand-edited handler as it is", async () => {
  await using project = await judge();
  await project.scaffold();
  const server = `${project.out}/server.ts`;
  const edited = (await Deno.readTextFile(server)).replace(
    "return { id: request.id };",
    "// mine }\n    return   {id:request.id,good:request.value>0};",
  );
  await Deno.writeTextFile(server, edited);
  await Deno.writeTextFile(`${project.out}/client.ts`, "// mine as well\n");
  await project.write("rpc Follow(stream Question) returns (stream Verdict);");
  const ran = await project.scaffold();
  assert.equal(ran.exitCode, 0, ran.stderr);
  const merged = await Deno.readTextFile(server);
  const line = merged.split("\n").findIndex((text) => text.includes(" *Follow(")) + 1;
  const added = `Added to server.ts, for you to write:\n  ${server}:${line}: Judge.Follow\n`;
  assert.ok(ran.stderr.includes(added), ran.stderr);
  const at = merged.indexOf("\n\n  /** `rpc Follow");
  const end = merged.indexOf("\n};\n", at);
  assert.equal(merged.slice(0, at) + merged.slice(end), edited);
  assert.equal(await Deno.readTextFile(`${project.out}/client.ts`), "// mine as well\n");
  assert.match(await Deno.readTextFile(`${project.out}/judge.proto`), /rpc Follow/);

  await using running = await startServer([
    `${project.out}/judge.proto`,
    "--handlers",
    server,
    "--log",
    "off",
  ]);
  const csv = `${project.out}/rows.csv`;
  await Deno.writeTextFile(csv, "id,value\n7,1.5\n8,-1\n");
  const args = ["stream", csv, running.target, "--proto", `${project.out}/judge.proto`];
  const streamed = await runBroker([...args, "-O", "csv"]);
  assert.equal(streamed.stdout, "id,good\n7,false\n8,false\n");
});

Deno.test("broker scaffold tells a change of the proto with the lines of the handlers, and what to do next", async () => {
  await using project = await judge(
    "rpc Old(Question) returns (Verdict);",
    "rpc Next(Question) returns (Verdict);",
  );
  const { out } = project;
  await project.scaffold();
  const source = await Deno.readTextFile(`${out}/server.ts`);
  await Deno.writeTextFile(`${out}/server.ts`, source.replaceAll("{ id: ", "{ good: true, id: "));
  await project.write(
    "rpc Next(Question) returns (stream Verdict);",
    "rpc Reset(Question) returns (Empty);",
  );
  const text = await Deno.readTextFile(project.proto);
  const typed = "float value = 2; string note = 3;";
  await Deno.writeTextFile(
    project.proto,
    `${text.replace("double value = 2;", typed)}message Empty {}\nmessage Unused {}\n`,
  );
  const place = async (text: string) => {
    const lines = (await Deno.readTextFile(`${out}/server.ts`)).split("\n");
    return `${out}/server.ts:${lines.findIndex((line) => line.includes(text)) + 1}`;
  };
  const handlers = async (missing: string, reset: string) => [
    missing,
    `  ${reset}: Judge.Reset`,
    "Of another kind or type in the proto; change these handlers:",
    `  ${await place("  Next(")}: Judge.Next`,
    "    was rpc Next(p.Question) returns (p.Verdict)",
    "    now rpc Next(p.Question) returns (stream p.Verdict)",
    "With other fields in the proto; look whether these handlers still fit:",
    "  p.Question: value was double and is now float; note is new",
    `    ${await place("  Ask(")}: Judge.Ask`,
    "Not in the proto; delete these handlers, unless code of yours calls them:",
    `  ${await place("  Old(")}: Judge.Old`,
  ];

  const stale = await project.scaffold("--check");
  assert.deepEqual(stale.stderr.trimEnd().split("\n"), [
    `${out}/judge.proto is stale`,
    `${out}/gen/judge.ts is stale`,
    `${out}/gen/standalone.ts is stale`,
    `${out}/gen/testing.ts is stale`,
    ...await handlers("Missing in server.ts; a run adds them:", await place("const Judge:")),
    "error: Generated files are stale: run broker scaffold again without --check",
  ]);

  const ran = await project.scaffold();
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.deepEqual(ran.stderr.trimEnd().split("\n"), [
    "Wrote 6 files to " +
    `${out}: judge.proto, gen/judge.ts, gen/standalone.ts, gen/testing.ts, server.ts, gen/scaffold.json`,
    "Left as they are, being yours, though a new scaffold would have others: " +
    "client.ts, samples.ts, server_test.ts, sample.csv, README.md",
    ...await handlers("Added to server.ts, for you to write:", await place("  Reset(")),
    `Next: cd ${out} && npx --yes deno@2.9.6 check  # names the lines of yours that do not fit`,
  ]);

  const again = await project.scaffold();
  assert.deepEqual(again.stderr.trimEnd().split("\n"), [
    `${out} is up to date`,
    "Not in the proto; delete these handlers, unless code of yours calls them:",
    `  ${await place("  Old(")}: Judge.Old`,
  ]);
  const server = await Deno.readTextFile(`${out}/server.ts`);
  await Deno.writeTextFile(
    `${out}/server.ts`,
    server.replace(/ {2}\/\*\* `rpc Old[^]*?\n {2}\},\n/, ""),
  );
  const clean = await project.scaffold("--check");
  assert.deepEqual([clean.exitCode, clean.stderr], [0, `${out} is up to date\n`]);
});

Deno.test("broker scaffold prints the handler where it cannot add it", async () => {
  await using project = await judge();
  await project.scaffold();
  const own = "export const handlers = {\n  Ask: () => ({}),\n};\n";
  await Deno.writeTextFile(`${project.out}/server.ts`, own);
  await project.write("rpc Follow(stream Question) returns (stream Verdict);");
  const ran = await project.scaffold();
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.match(
    ran.stderr,
    /^Add Judge\.Follow to .*out\/server\.ts yourself, as server\.ts has no object "Judge" to add it to:$/m,
  );
  assert.match(ran.stderr, /async \*Follow\(requests\) \{/);
  assert.doesNotMatch(ran.stderr, /Add Judge\.Ask/);
  assert.equal(await Deno.readTextFile(`${project.out}/server.ts`), own);
});

Deno.test("broker scaffold --dry-run lists the files, and --check the stale ones; both write nothing", async () => {
  await using project = await judge();
  const dry = await project.scaffold("--dry-run");
  assert.equal(dry.exitCode, 0);
  assert.match(dry.stdout, /^create {2}.*out\/judge\.proto\n/);
  assert.match(dry.stdout, /^create {2}.*out\/server\.ts$/m);
  await assert.rejects(Deno.stat(project.out), Deno.errors.NotFound);
  assert.equal((await project.scaffold("--check")).exitCode, 1);
  await assert.rejects(Deno.stat(project.out), Deno.errors.NotFound);

  await project.scaffold();
  const before = await readTree(project.out);
  assert.equal((await project.scaffold("--check")).exitCode, 0);
  await project.write("rpc Follow(stream Question) returns (stream Verdict);");
  const stale = await project.scaffold("--check");
  assert.equal(stale.exitCode, 1);
  assert.match(stale.stderr, /^.*out\/gen\/judge\.ts is stale$/m);
  assert.match(stale.stderr, /error: Generated files are stale/);
  const planned = await project.scaffold("--dry-run");
  assert.match(planned.stdout, /^rewrite .*out\/gen\/judge\.ts$/m);
  assert.match(planned.stdout, /^extend {2}.*out\/server\.ts$/m);
  assert.match(planned.stdout, /^keep {4}.*out\/client\.ts$|^same {4}.*out\/deno\.json$/m);
  assert.match(
    planned.stderr,
    /^Nothing was written\. What the words say of a file:\n( {2}(rewrite|same|extend|keep) +is .*\n){4}Missing in server\.ts; a run adds them:\n {2}.*: Judge\.Follow\n$/,
  );
  assert.deepEqual(await readTree(project.out), before);
});

Deno.test("broker scaffold --force writes the user's files anew and keeps each as .bak", async () => {
  await using project = await judge();
  await project.scaffold();
  const server = `${project.out}/server.ts`;
  const fresh = await Deno.readTextFile(server);
  for (
    const [text, backup] of [["// first\n", "server.ts.bak"], [
      "// second\n",
      "server.ts.bak.1",
    ]] as const
  ) {
    await Deno.writeTextFile(server, text);
    const ran = await project.scaffold("--force");
    assert.equal(ran.exitCode, 0, ran.stderr);
    assert.match(ran.stderr, /Kept the old file as .*server\.ts\.bak/);
    assert.equal(await Deno.readTextFile(server), fresh);
    assert.equal(await Deno.readTextFile(`${project.out}/${backup}`), text);
  }
  assert.equal(await Deno.readTextFile(`${project.out}/server.ts.bak`), "// first\n");
});

Deno.test("broker scaffold removes generated files that are no longer made, unless they were changed", async () => {
  await using folder = await temporaryFolder();
  const main = `${folder.path}/main.proto`;
  await Deno.mkdir(`${folder.path}/parts`);
  await Deno.writeTextFile(
    `${folder.path}/parts/a.proto`,
    'syntax = "proto3"; message A { int32 x = 1; }\n',
  );
  await Deno.writeTextFile(
    `${folder.path}/parts/b.proto`,
    'syntax = "proto3"; message B { int32 x = 1; }\n',
  );
  const write = (imports: string, type: string) =>
    Deno.writeTextFile(
      main,
      `syntax = "proto3";\n${imports}service S { rpc Get(${type}) returns (${type}); }\n`,
    );
  const out = `${folder.path}/out`;
  await write('import "parts/a.proto";\nimport "parts/b.proto";\n', "A");
  assert.equal((await runBroker(["scaffold", main, "--out", out])).exitCode, 0);
  await Deno.writeTextFile(`${out}/parts/b.proto`, "// changed\n");
  await write("message C { int32 x = 1; }\n", "C");
  const ran = await runBroker(["scaffold", main, "--out", out]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.match(ran.stderr, /^Removed what nothing needs now: parts\/a\.proto$/m);
  const files = await readTree(out);
  assert.ok(!files.has("parts/a.proto"));
  assert.equal(files.get("parts/b.proto"), "// changed\n");
});
