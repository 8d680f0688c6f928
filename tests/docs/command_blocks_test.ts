// Every command block of the README and the guide does what it says, in the order in which the page has them.
import assert from "node:assert/strict";
import { temporaryFolder } from "../support/broker.ts";
import { startNamespace } from "../support/network_namespace.ts";
import { repositoryPath } from "../support/paths.ts";
import { pythonPeer, testWithPeers } from "../support/peers.ts";
import { runProgram } from "../support/run_program.ts";
import { type PageScriptOptions, writePageScript } from "./page_script.ts";

const TIMEOUT_MS = 120_000;
const python = await pythonPeer();

/** Stands for npm's Deno: .ci/run gets it from there, and what runs this may not be asked for again. */
const NPX = `#!/bin/sh
case "$1 $2" in
  "--yes deno@"*) shift 2; exec "${Deno.execPath()}" "$@";;
esac
echo "npx $*: the docs use it for Deno alone" >&2
exit 1
`;

const BROKER = `#!/bin/sh
exec "${Deno.execPath()}" run -A --config "${repositoryPath("deno.json")}" "${
  repositoryPath("main.ts")
}" "$@"
`;

Deno.test("README.md: every command runs as it stands, in a checkout", async () => {
  await using folder = await temporaryFolder();
  const work = await linkCheckout(folder.path);
  const omit = [{ pattern: / task test\b/, reason: "it would run this test" }];
  await runPage("README.md", { folder: folder.path, work, omit });
});

Deno.test("docs/guide.md: every command runs as it stands, in an empty folder", async () => {
  await using folder = await temporaryFolder();
  const work = `${folder.path}/work`;
  await Deno.mkdir(work);
  await runPage("docs/guide.md", { folder: folder.path, work });
});

testWithPeers(
  { python },
  "docs/python.md: every command runs as it stands, in a checkout",
  async ({ python }) => {
    await using folder = await temporaryFolder();
    const work = await linkCheckout(folder.path);
    const programs = { python3: python.executable };
    await runPage("docs/python.md", { folder: folder.path, work, programs });
  },
);

Deno.test("writePageScript() knows servers, outputs and what is not there, and no other marker", () => {
  const page = "```sh\na\nb task test\n```\n<!-- test: output -->\n\n```text\nx\n```\n" +
    "<!-- test: serve -->\n```sh\nc\n```\n<!-- test: needs docker -->\n```sh\nd\n```\n";
  const omit = [{ pattern: /task test/, reason: "no" }];
  const { script, outputs, skipped } = writePageScript(page, { has: new Set(), omit });
  assert.match(script, /\n\{\na\n\} > "\$OUTPUT\/1"\n[^]*\nserve c\n$/);
  assert.deepEqual(outputs, [{ file: "1", text: "x\n" }]);
  assert.deepEqual(skipped, ['line 1: "b task test": no', "line 14: there is no docker"]);
  assert.throws(
    () => writePageScript("<!-- test: srve -->\n```sh\nc\n```\n", { has: new Set() }),
    /Unknown marker "srve"/,
  );
});

/** A checkout that may be written to: links to this one. */
async function linkCheckout(folder: string): Promise<string> {
  const work = `${folder}/checkout`;
  await Deno.mkdir(work);
  for (const { name } of Deno.readDirSync(repositoryPath("."))) {
    await Deno.symlink(repositoryPath(name), `${work}/${name}`);
  }
  return work;
}

/** Where a page runs. */
interface PlaceOptions {
  /** Temporary. */
  readonly folder: string;
  readonly work: string;
  readonly omit?: PageScriptOptions["omit"];
  /** Programs in place of those of the PATH, by name. */
  readonly programs?: Readonly<Record<string, string>>;
}

async function runPage(
  name: string,
  { folder, work, omit = [], programs = {} }: PlaceOptions,
): Promise<void> {
  const page = await Deno.readTextFile(repositoryPath(name));
  const has = new Set(await hasDocker() ? ["docker"] : []);
  const { script, outputs, skipped } = writePageScript(page, { has, omit });
  for (const reason of skipped) console.error(`${name} ${reason}`);
  for (const part of ["bin", "output"]) await Deno.mkdir(`${folder}/${part}`);
  await Deno.writeTextFile(`${folder}/bin/npx`, NPX, { mode: 0o755 });
  await Deno.writeTextFile(`${folder}/bin/broker`, BROKER, { mode: 0o755 });
  for (const [program, path] of Object.entries(programs)) {
    await Deno.symlink(path, `${folder}/bin/${program}`);
  }
  // The pages use the ports that users see: here nobody else has them.
  const network = await startNamespace();
  if (network.missing !== undefined) console.error(network.missing);
  try {
    const env = [`PATH=${folder}/bin:${Deno.env.get("PATH")}`, `OUTPUT=${folder}/output`];
    const { code, stdout, stderr } = await runProgram(
      ["env", ...env, ...network.enter, "bash", "-c", script],
      { cwd: work, timeoutMs: TIMEOUT_MS },
    );
    assert.equal(code, 0, `${name}\n${stdout}\n${stderr}`);
  } finally {
    await network.close();
  }
  assert.ok(script.includes("== line"), `${name} has no command`);
  for (const { file, text } of outputs) {
    assert.equal(await Deno.readTextFile(`${folder}/output/${file}`), text, `${name} line ${file}`);
  }
}

async function hasDocker(): Promise<boolean> {
  try {
    return (await runProgram(["docker", "info"])).code === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
