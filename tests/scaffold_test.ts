import assert from "node:assert/strict";
import { judge, readTree, SERVICE } from "./codegen/scaffold_support.ts";
import { runBroker, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";

const DATABROKER = repositoryPath("proto/databroker.proto");

Deno.test("broker scaffold writes a folder whose own tasks pass, and says what to do next", async () => {
  await using folder = await temporaryFolder();
  const out = `${folder.path}/databroker`;
  const ran = await runBroker(["scaffold", DATABROKER, "--out", out]);
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.equal(ran.stdout, "");
  assert.match(
    ran.stderr,
    /^Wrote \d+ files to .*databroker\nYour handlers go into .*server\.ts\nNext: cd .*broker serve databroker\.proto/,
  );
  const files = [...(await readTree(out)).keys()];
  for (
    const name of ["databroker.proto", "gen/databroker.ts", "server.ts", "client.ts", "sample.csv"]
  ) {
    assert.ok(files.includes(name), name);
  }
  for (const name of ["server_test.ts", "deno.json", "Dockerfile", "README.md", "package.json"]) {
    assert.ok(files.includes(name), name);
  }
  assert.equal(
    (await Deno.stat(out)).mode ?? 0 & 0o700,
    (await Deno.stat(`${out}/gen`)).mode ?? 0 & 0o700,
  );
  for (const task of ["check", "test"]) {
    const command = [Deno.execPath(), "task", task] as const;
    const task_ = await runProgram(command, { cwd: out });
    assert.equal(task_.code, 0, task_.stdout + task_.stderr);
  }
  const beside = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
  assert.deepEqual(beside, ["databroker"]);
});

Deno.test("broker scaffold asks for the file on a terminal, and names the folder after it", async () => {
  await using folder = await temporaryFolder();
  await Deno.copyFile(DATABROKER, `${folder.path}/my_broker.proto`);
  const command = [
    Deno.execPath(),
    "run",
    "-A",
    repositoryPath("main.ts"),
    "scaffold",
    "my_broker.proto",
  ];
  const config = repositoryPath("deno.json");
  command.splice(3, 0, "--config", config);
  const [program = "", ...args] = command;
  const ran = await runProgram([program, ...args], { cwd: folder.path });
  assert.equal(ran.code, 0, ran.stderr);
  assert.ok((await readTree(`${folder.path}/my_broker`)).has("gen/my_broker.ts"));

  const asked = await runBroker(["scaffold", "--out", `${folder.path}/asked`], {
    stdin: `${DATABROKER}\n`,
    terminals: ["stdin"],
  });
  assert.equal(asked.exitCode, 0, asked.stderr);
  assert.match(asked.stderr, /^Which \.proto file\? /);
  assert.ok((await readTree(`${folder.path}/asked`)).has("gen/databroker.ts"));
});

Deno.test("broker scaffold touches nothing that it did not write", async () => {
  await using project = await judge();
  await Deno.mkdir(`${project.out}/gen`, { recursive: true });
  await Deno.writeTextFile(`${project.out}/gen/judge.ts`, "// somebody's\n");
  await Deno.writeTextFile(`${project.out}/README.md`, "# Somebody's\n");
  const before = await readTree(project.out);
  const refused = await project.scaffold();
  assert.equal(refused.exitCode, 1);
  assert.match(
    refused.stderr,
    /^error: Cannot write ".*out\/gen\/judge\.ts": a file is there that broker scaffold did not write/,
  );
  assert.deepEqual(await readTree(project.out), before);

  await Deno.rename(`${project.out}/gen/judge.ts`, `${project.out}/gen/other.ts`);
  assert.equal((await project.scaffold()).exitCode, 0);
  const after = await readTree(project.out);
  assert.equal(after.get("gen/other.ts"), "// somebody's\n");
  assert.equal(after.get("README.md"), "# Somebody's\n");

  await Deno.writeTextFile(`${project.out}/judge.proto`, "// changed in the copy\n");
  await project.write("rpc Follow(stream Question) returns (stream Verdict);");
  const changed = await project.scaffold();
  assert.equal(changed.exitCode, 1);
  assert.match(
    changed.stderr,
    /Cannot update ".*out\/judge\.proto" from ".*\/judge\.proto": it was changed since it was copied/,
  );
  assert.equal(await Deno.readTextFile(`${project.out}/judge.proto`), "// changed in the copy\n");
});

Deno.test("broker scaffold refuses bad input with one sentence, and leaves nothing behind", async () => {
  await using folder = await temporaryFolder();
  const write = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder.path}/${name}`, text);
    return `${folder.path}/${name}`;
  };
  const head = 'syntax = "proto3";\n';
  const syntax = await write("syntax.proto", `${head}message M {\n  int32 x 1;\n}\n`);
  const imports = await write("imports.proto", `${head}import "nowhere/to_be.proto";\n`);
  const service = await write("service.proto", `${head}message M {}\n`);
  const upward = await write(
    "upward.proto",
    `${head}import "../up.proto";\nservice S { rpc A(Up) returns (Up); }\n`,
  );
  const up = `${folder.path}/../up.proto`;
  await Deno.writeTextFile(up, `${head}message Up {}\n`);
  const good = await write("good.proto", `${SERVICE}}\n`);
  const file = await write("file", "");
  const table = await write("table.csv", "id,value\n1,2\n");
  const { path } = folder;
  const rows: [args: string[], exitCode: number, message: RegExp][] = [
    [[`${path}/none.proto`], 1, /^error: Cannot read ".*none\.proto": there is no such file$/],
    [
      [syntax],
      1,
      /^error: Cannot parse ".*syntax\.proto" line 3 column 11: found "1" where "=" is expected$/,
    ],
    [
      [imports, "-I", "/elsewhere"],
      1,
      /line 2: the import "nowhere\/to_be\.proto" is in none of the folders ".*", "\/elsewhere"; name its root with -I$/,
    ],
    [[service], 1, /^error: Cannot use ".*service\.proto": it defines no service$/],
    [[upward], 1, /its import "\.\.\/up\.proto" must be a path below a folder of -I/],
    [
      [good, "--out", file],
      1,
      /^error: Cannot scaffold into ".*file": it is a file, not a folder$/,
    ],
    [
      [good, "--out", `${file}/below`],
      1,
      /^error: Cannot (scaffold into|write) ".*below": a part of the path is a file/,
    ],
    [[good, "--out", "/proc/nowhere"], 1, /^error: Cannot write "\/proc\/nowhere": /],
    [[], 2, /^error: Cannot scaffold without a source: /],
    [[good, "--from", "localhost:1"], 2, /^error: Cannot combine ".*good\.proto" with --from: /],
    [[good, "--from-csv", "a.csv"], 2, /^error: Cannot combine ".*good\.proto" with --from-csv: /],
    [[good, "--answer", "x"], 2, /^error: Cannot use --answer without --from-csv: /],
    [["--from", "localhost:port:1"], 2, /^error: /],
    [
      ["--from", "127.0.0.1:1", "--connect-timeout", "5s"],
      1,
      /^error: Cannot connect to 127\.0\.0\.1:1: no server listens there; start one with "broker serve"/,
    ],
    [[table], 1, /^error: Cannot parse ".*table\.csv" line 1 .*; for a CSV write --from-csv$/],
    [[good, "--check", "--dry-run"], 2, /--dry-run.*--check/],
  ];
  const before = [...(await readTree(path)).keys()];
  try {
    for (const [args, exitCode, message] of rows) {
      const out = args.includes("--out") ? [] : ["--out", `${path}/out`];
      const ran = await runBroker(["scaffold", ...args, ...out]);
      assert.match(ran.stderr.trimEnd(), message);
      assert.equal(ran.exitCode, exitCode, ran.stderr);
      assert.equal(ran.stderr.trimEnd().split("\n").length, 1, ran.stderr);
      assert.deepEqual([...(await readTree(path)).keys()], before, message.source);
    }
  } finally {
    await Deno.remove(up);
  }
});

Deno.test("broker scaffold leaves everything as it was when a file cannot be moved into place", async () => {
  await using project = await judge();
  await project.scaffold();
  // A folder that is not empty where a file of gen/ is to go.
  await Deno.remove(`${project.out}/gen/testing.ts`);
  await Deno.remove(`${project.out}/gen/standalone.ts`);
  await Deno.mkdir(`${project.out}/gen/testing.ts/full`, { recursive: true });
  const before = await readTree(project.out);
  await project.write("rpc Follow(stream Question) returns (stream Verdict);");
  const ran = await project.scaffold();
  assert.equal(ran.exitCode, 1);
  assert.match(ran.stderr, /^error: Cannot (read|write) /);
  assert.deepEqual(await readTree(project.out), before);
});

Deno.test("broker scaffold says how sample.csv is streamed, and which handler has to be written before", async () => {
  await using folder = await temporaryFolder();
  const rows: [method: string, after: string, flags: string][] = [
    ["rpc Watch(stream A) returns (stream B);", ", once Watch is written", ""],
    ["rpc Watch(A) returns (B);", ", once Watch is written", " --method S/Watch"],
    ["rpc Watch(A) returns (A);", "", " --method S/Watch"],
  ];
  for (const [index, [method, after, flags]] of rows.entries()) {
    const proto = `${folder.path}/watch${index}.proto`;
    const out = `${folder.path}/watch${index}`;
    const messages = "message A { int32 a = 1; }\nmessage B { bool b = 1; }\n";
    await Deno.writeTextFile(proto, `syntax = "proto3";\n${messages}service S { ${method} }\n`);
    const ran = await runBroker(["scaffold", proto, "--out", out]);
    const command = `broker stream sample.csv --proto watch${index}.proto${flags}`;
    const said = `\nthen, in another terminal there${after}: ${command}\n`;
    assert.ok(ran.stderr.endsWith(said), ran.stderr);
    const readme = await Deno.readTextFile(`${out}/README.md`);
    assert.ok(readme.includes(`\n${command}  # in another terminal${after}\n`), readme);
  }
});
