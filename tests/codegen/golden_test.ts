import assert from "node:assert/strict";
import { repositoryPath } from "../support/paths.ts";
import { caseOf, generate } from "./support.ts";

/**
 * What the generator wrote when it was last looked at, in tests/testdata/golden; each file has `.golden` behind its
 * name, so that no tool takes it for one of ours. `UPDATE_GOLDEN=1 deno test -A tests/codegen/golden_test.ts` writes
 * them anew.
 */
const GOLDEN = ["databroker", "three_services", "constructs"];
const ENDING = ".golden";
const isUpdate = Deno.env.get("UPDATE_GOLDEN") === "1";

for (const name of GOLDEN) {
  const folder = repositoryPath(`tests/testdata/golden/${name}`);

  Deno.test(`The files of ${name}.proto are the golden ones`, async () => {
    const files = await generate(caseOf(name));
    // Those of gen/runtime/ are in codegen/templates as they are.
    const expected = new Map(
      files.filter(({ path }) => !path.startsWith("gen/runtime/")).map(({ path, text }) => [
        path,
        text,
      ]),
    );
    if (isUpdate) await update(folder, expected);
    assert.deepEqual(await listFiles(folder), [...expected.keys()].sort());
    for (const [path, text] of expected) {
      assert.equal(await Deno.readTextFile(`${folder}/${path}${ENDING}`), text, `${name}/${path}`);
    }
  });
}

async function update(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await Deno.remove(folder, { recursive: true });
  for (const [path, text] of files) {
    const target = `${folder}/${path}${ENDING}`;
    await Deno.mkdir(target.slice(0, target.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(target, text);
  }
}

async function listFiles(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    if (isDirectory) paths.push(...await listFiles(folder, `${prefix}${name}/`));
    else paths.push(prefix + name.replace(/\.golden$/, ""));
  }
  return paths.sort();
}
