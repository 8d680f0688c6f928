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
  assert.match(ran.stderr, /out\/server\.ts: Judge\.Follow added\n/);
  const merged = await Deno.readTextFile(server);
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

Deno.test("broker scaffold names what changed and what went, with file and line", async () => {
  await using project = await judge(
    "rpc Old(Question) returns (Verdict);",
    "rpc Next(Question) returns (Verdict);",
  );
  await project.scaffold();
  const server = await Deno.readTextFile(`${project.out}/server.ts`);
  const lineOf = (text: string) => server.split("\n").findIndex((line) => line.includes(text)) + 1;
  await project.write("rpc Next(Question) returns (stream Verdict);");
  const ran = await project.scaffold();
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.equal(await Deno.readTextFile(`${project.out}/server.ts`), server);
  const { out } = project;
  assert.ok(
    ran.stderr.includes(
      `${out}/server.ts:${lineOf("  Old(")}: Judge.Old is no longer in the proto\n`,
    ),
    ran.stderr,
  );
  const changed =
    `${out}/server.ts:${lineOf("  Next(")}: Judge.Next was "rpc Next(p.Question) returns ` +
    `(p.Verdict)" and is now "rpc Next(p.Question) returns (stream p.Verdict)"\n`;
  assert.ok(ran.stderr.includes(changed), ran.stderr);
  assert.ok(!ran.stderr.includes("Judge.Ask"), ran.stderr);

  const text = await Deno.readTextFile(project.proto);
  await Deno.writeTextFile(
    project.proto,
    text.replace("double value = 2;", "float value = 2; string note = 3;"),
  );
  const typed = await project.scaffold();
  const expected = "Judge.Ask in p.Question value is now float, not double, note is new\n";
  assert.ok(
    typed.stderr.includes(`${out}/server.ts:${lineOf("  Ask(")}: ${expected}`),
    typed.stderr,
  );
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
    /Judge\.Follow is missing and must be added by hand: server\.ts has no object "Judge"/,
  );
  assert.match(ran.stderr, /async \*Follow\(requests\) \{/);
  assert.doesNotMatch(ran.stderr, /Judge\.Ask is missing/);
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
  assert.match(ran.stderr, / and removed 1$/m);
  const files = await readTree(out);
  assert.ok(!files.has("parts/a.proto"));
  assert.equal(files.get("parts/b.proto"), "// changed\n");
});
