import assert from "node:assert/strict";
import { isSameFile, openOutput } from "../../cli/output_file.ts";
import { testIo } from "../../cli/test_io.ts";
import { temporaryFolder } from "../support/broker.ts";

Deno.test("openOutput() without a path, or with -, is stdout", async () => {
  for (const path of [undefined, "-"]) {
    const io = testIo({ terminals: ["stdout"] });
    const output = await openOutput(path, io);
    assert.equal(output.sink.isTerminal, true);
    output.sink.write("rows\n");
    await output.close();
    assert.equal(io.stdoutText(), "rows\n");
  }
});

Deno.test("openOutput() empties a file that is there, and writes all before it closes", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/answers.csv`;
  await Deno.writeTextFile(path, "of yesterday, and longer than what comes now\n");
  const output = await openOutput(path, testIo());
  assert.equal(output.sink.isTerminal, false);
  output.sink.write("id\n");
  output.sink.write(new TextEncoder().encode("1\n"));
  await output.close();
  await output.close();
  assert.equal(await Deno.readTextFile(path), "id\n1\n");
});

Deno.test("openOutput() asks for patience when more waits than it wants to hold", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/answers.csv`;
  const output = await openOutput(path, testIo());
  const line = "x".repeat(99_999) + "\n";
  for (let count = 0; count < 20; count++) await output.sink.write(line);
  await output.close();
  assert.equal((await Deno.stat(path)).size, 2_000_000);
});

Deno.test("openOutput() names a file that it cannot write", async (t) => {
  await using folder = await temporaryFolder();
  const rows: readonly (readonly [path: string, reason: string])[] = [
    [`${folder.path}/none/answers.csv`, "its folder does not exist"],
    [folder.path, "it is a directory"],
  ];
  for (const [path, reason] of rows) {
    await t.step(reason, async () => {
      await assert.rejects(openOutput(path, testIo()), {
        name: "CommandError",
        message: `Cannot write "${path}": ${reason}`,
      });
    });
  }
});

Deno.test("openOutput() says when the disk is full, and closes the file", async () => {
  const output = await openOutput("/dev/full", testIo());
  output.sink.write("x");
  await assert.rejects(output.close(), {
    name: "CommandError",
    message: 'Cannot write "/dev/full": No space left on device',
  });
  await output.close();
});

Deno.test("isSameFile() sees through links and spellings, and finds others different", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(path, "id\n");
  await Deno.writeTextFile(`${folder.path}/other.csv`, "id\n");
  await Deno.symlink(path, `${folder.path}/soft.csv`);
  await Deno.link(path, `${folder.path}/hard.csv`);
  for (const same of ["rows.csv", "./rows.csv", "soft.csv", "hard.csv"]) {
    assert.equal(await isSameFile(`${folder.path}/${same}`, path), true, same);
  }
  assert.equal(await isSameFile(`${folder.path}/other.csv`, path), false);
  assert.equal(await isSameFile(`${folder.path}/none.csv`, path), false);
  assert.equal(await isSameFile("-", path), false);
  // Both may stand for a terminal.
  assert.equal(await isSameFile("/dev/null", "/dev/null"), false);
});

Deno.test("openOutput() goes on behind what is to be kept, and drops the rest", async () => {
  const folder = await Deno.makeTempDir({ prefix: "broker-test-" });
  try {
    const path = `${folder}/answers.csv`;
    await Deno.writeTextFile(path, "id\n1\n2\nhalf a li");
    const output = await openOutput(path, testIo(), { keepOctets: 7 });
    output.sink.write("3\n");
    await output.sync();
    assert.equal(await Deno.readTextFile(path), "id\n1\n2\n3\n");
    await output.close();
    await assert.rejects(
      openOutput(path, testIo(), { keepOctets: 10 }),
      /^CommandError: Cannot go on with "\S+": it has 9 octets, and 10 were written$/,
    );
    await assert.rejects(
      openOutput(`${folder}/none`, testIo(), { keepOctets: 1 }),
      /Cannot go on with "\S+none": it is not there any more/,
    );
    assert.equal(await Deno.readTextFile(path), "id\n1\n2\n3\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
