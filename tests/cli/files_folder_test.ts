import assert from "node:assert/strict";
import { openFilesFolder } from "../../cli/mod.ts";
import { temporaryFolder } from "../support/broker.ts";

Deno.test("openFilesFolder() reads files of the folder and of folders in it", async () => {
  await using folder = await temporaryFolder();
  await Deno.mkdir(`${folder.path}/sub`);
  await Deno.writeTextFile(`${folder.path}/a b.txt`, "one");
  await Deno.writeTextFile(`${folder.path}/sub/..b.txt`, "two");
  const readFile = await openFilesFolder(folder.path);
  assert.equal(new TextDecoder().decode(readFile("a b.txt")), "one");
  assert.equal(new TextDecoder().decode(readFile("./sub/..b.txt")), "two");
});

Deno.test("openFilesFolder() reads nothing outside of the folder, and says why", async (t) => {
  await using folder = await temporaryFolder();
  const inside = `${folder.path}/inside`;
  await Deno.mkdir(`${inside}/sub`, { recursive: true });
  await Deno.mkdir(`${folder.path}/inside2`);
  await Deno.writeTextFile(`${folder.path}/secret`, "secret");
  await Deno.writeTextFile(`${folder.path}/inside2/secret`, "secret");
  await Deno.symlink(`${folder.path}/secret`, `${inside}/link`);
  await Deno.symlink(`${folder.path}/inside2`, `${inside}/folder`);
  await Deno.writeTextFile(`${inside}/file`, "x");
  const readFile = await openFilesFolder(inside);
  const rows: Readonly<Record<string, RegExp>> = {
    "../secret": /^its path leads through "\.\."$/,
    "sub/../../secret": /^its path leads through "\.\."$/,
    "..\\secret": /^its path leads through "\.\."$/,
    "/etc/passwd": /^its path is not relative to --files$/,
    "C:/secret": /^its path is not relative to --files$/,
    "link": /^a symbolic link leads out of the folder of --files$/,
    "folder/secret": /^a symbolic link leads out of the folder of --files$/,
    "sub": /^it is not a file$/,
    "none": /^there is no such file$/,
    "": /^it is no name of a file$/,
    "file\0": /^it is no name of a file$/,
  };
  for (const [name, message] of Object.entries(rows)) {
    await t.step(JSON.stringify(name), () => {
      assert.throws(() => readFile(name), { message });
    });
  }
  await t.step("a file that is larger than any message", async () => {
    await Deno.truncate(`${inside}/file`, 64 * 1024 * 1024 + 1);
    assert.throws(() => readFile("file"), {
      message: /^it has 67108865 octets, more than 67108864$/,
    });
  });
});

Deno.test("openFilesFolder() refuses what is no folder", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/file`, "x");
  await assert.rejects(openFilesFolder(`${folder.path}/none`), {
    name: "CommandError",
    message: `Cannot use --files "${folder.path}/none": there is no such file`,
  });
  await assert.rejects(openFilesFolder(`${folder.path}/file`), /it is not a folder/);
});
