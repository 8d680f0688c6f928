import assert from "node:assert/strict";
import { CertificateError, findExisting, writeFiles } from "../../certificates/mod.ts";
import { temporaryFolder } from "../support/broker.ts";

async function listNames(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(path)) names.push(name);
  return names.sort();
}

Deno.test("writeFiles() gives secrets to their owner only, and leaves nothing else behind", async () => {
  await using folder = await temporaryFolder();
  const files = [
    { path: `${folder.path}/a.key`, text: "secret", isSecret: true },
    { path: `${folder.path}/a.crt`, text: "public", isSecret: false },
  ];
  assert.deepEqual(await findExisting(files), []);
  await writeFiles(files);
  assert.deepEqual(await listNames(folder.path), ["a.crt", "a.key"]);
  assert.equal(((await Deno.stat(files[0].path)).mode ?? 0) & 0o777, 0o600);
  assert.equal(await Deno.readTextFile(files[0].path), "secret");
  assert.deepEqual(await findExisting(files), files);
});

Deno.test("writeFiles() replaces a file that others may read by one that they may not", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.key`;
  await Deno.writeTextFile(path, "old", { mode: 0o644 });
  using reader = await Deno.open(path);
  await writeFiles([{ path, text: "secret", isSecret: true }]);
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  const seen = new Uint8Array(16);
  assert.equal(await reader.read(seen), 3, "whoever had the old file open sees the new one");
});

Deno.test("writeFiles() writes none where one cannot be written", async () => {
  await using folder = await temporaryFolder();
  await Deno.mkdir(`${folder.path}/a.key`);
  for (const wrong of [`${folder.path}/missing/a.key`, `${folder.path}/a.key`]) {
    const files = [
      { path: `${folder.path}/a.crt`, text: "public", isSecret: false },
      { path: wrong, text: "secret", isSecret: true },
    ];
    await assert.rejects(writeFiles(files), CertificateError);
    assert.deepEqual(await listNames(folder.path), ["a.key"]);
  }
});
