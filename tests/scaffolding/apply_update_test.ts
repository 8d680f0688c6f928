import assert from "node:assert/strict";
import { applyUpdate, openFolder, type PlannedFile, ScaffoldError } from "../../scaffolding/mod.ts";
import { readTree } from "../codegen/scaffold_support.ts";
import { temporaryFolder } from "../support/broker.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { WATCH } from "./watch_file.ts";

const TIMEOUT_MS = 30_000;

Deno.test("applyUpdate() takes every step back when one fails", async () => {
  await using folder = await temporaryFolder();
  const write = (path: string, text: string) => Deno.writeTextFile(`${folder.path}/${path}`, text);
  await Deno.mkdir(`${folder.path}/gen`);
  await write("gen/a.ts", "old a");
  await write("gen/gone.ts", "old gone");
  await write("server.ts", "old server");
  await write("blocked", "a file where a folder is to be");
  const before = await readTree(folder.path);
  const files: PlannedFile[] = [
    { path: "new/deep/b.ts", action: "create", text: "b" },
    { path: "gen/a.ts", action: "rewrite", text: "new a" },
    { path: "gen/gone.ts", action: "remove" },
    { path: "server.ts", action: "replace", text: "new server" },
    { path: "blocked/c.ts", action: "create", text: "c" },
  ];
  await assert.rejects(applyUpdate(await openFolder(folder.path), files), (error: unknown) => {
    assert.ok(error instanceof ScaffoldError);
    assert.match(error.message, /^Cannot write ".*": /);
    return true;
  });
  assert.deepEqual(await readTree(folder.path), before);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name).sort(), [
    "blocked",
    "gen",
    "server.ts",
  ]);

  assert.deepEqual(await applyUpdate(await openFolder(folder.path), files.slice(0, 4)), [
    `${folder.path}/server.ts.bak`,
  ]);
  assert.deepEqual(
    await readTree(folder.path),
    new Map([
      ["blocked", "a file where a folder is to be"],
      ["gen/a.ts", "new a"],
      ["new/deep/b.ts", "b"],
      ["server.ts", "new server"],
      ["server.ts.bak", "old server"],
    ]),
  );
});

Deno.test("applyUpdate() follows a link and keeps the permissions of what it rewrites", async () => {
  await using folder = await temporaryFolder();
  const out = `${folder.path}/out`;
  await Deno.mkdir(out);
  await Deno.writeTextFile(`${folder.path}/elsewhere.ts`, "old", { mode: 0o640 });
  await Deno.symlink(`${folder.path}/elsewhere.ts`, `${out}/server.ts`);
  await applyUpdate(await openFolder(out), [{ path: "server.ts", action: "extend", text: "new" }]);
  assert.equal((await Deno.lstat(`${out}/server.ts`)).isSymlink, true);
  assert.equal(await Deno.readTextFile(`${folder.path}/elsewhere.ts`), "new");
  const { mode } = await Deno.stat(`${folder.path}/elsewhere.ts`);
  assert.equal((mode ?? 0) & 0o777, 0o640);
});

Deno.test("applyUpdate() leaves no moment without the file that it replaces", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/server.ts`;
  await Deno.writeTextFile(path, "old");
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(new URL("./watch_file.ts", import.meta.url), { type: "module" });
  const says = () =>
    withTimeout(
      new Promise<void>((resolve) => worker.onmessage = () => resolve()),
      TIMEOUT_MS,
      "the one who looks",
    );
  const begun = says();
  worker.postMessage({ path, counts });
  await begun;
  for (let round = 0; round < 50; round++) {
    for (const action of ["extend", "replace"] as const) {
      const file = { path: "server.ts", action, text: `${action} ${round}` };
      await applyUpdate(await openFolder(folder.path), [file]);
    }
  }
  const ended = says();
  Atomics.store(counts, WATCH.STOP, 1);
  await ended;
  worker.terminate();
  assert.ok(Atomics.load(counts, WATCH.LOOKS) > 100);
  assert.equal(Atomics.load(counts, WATCH.MISSES), 0);
});

Deno.test("applyUpdate() makes a new folder at once, or not at all", async () => {
  await using folder = await temporaryFolder();
  const out = `${folder.path}/a/b/out`;
  const good: PlannedFile = { path: "x/y.ts", action: "create", text: "y" };
  const bad: PlannedFile = { path: "x/y.ts/z.ts", action: "create", text: "z" };
  await assert.rejects(applyUpdate(await openFolder(out), [good, bad]), ScaffoldError);
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
  await applyUpdate(await openFolder(out), [good]);
  assert.deepEqual(await readTree(out), new Map([["x/y.ts", "y"]]));
  const { mode } = await Deno.stat(out);
  assert.equal((mode ?? 0) & 0o700, 0o700);
  assert.notEqual((mode ?? 0) & 0o055, 0, "others may read it as the umask says");
});
