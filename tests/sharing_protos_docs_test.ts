// The commands of docs/sharing-protos.md do what it says, in the order in which it has them.
import assert from "node:assert/strict";
import { startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";
import { testWithPeers } from "./support/test_with_peers.ts";

const TIMEOUT_MS = 60_000;

/** Whoever commits. */
const GIT = ["AUTHOR", "COMMITTER"].flatMap((role) => [
  `GIT_${role}_NAME=Test`,
  `GIT_${role}_EMAIL=test@example.com`,
]);

testWithPeers(
  { bash: await peer("bash"), git: await peer("git"), npm: await peer("npm") },
  "docs/sharing-protos.md: every command runs as it stands, in an empty folder",
  async (_peers, t) => {
    await using folder = await temporaryFolder();
    const { path } = folder;
    const config = repositoryPath("deno.json");
    const main = repositoryPath("main.ts");
    await Deno.mkdir(`${path}/bin`);
    await Deno.writeTextFile(
      `${path}/bin/broker`,
      `#!/bin/sh\nexec "${Deno.execPath()}" run -A --config "${config}" "${main}" "$@"\n`,
      { mode: 0o755 },
    );
    const work = `${path}/work`;
    await Deno.mkdir(work);
    const run = async (script: string) => {
      const env = [...GIT, `PATH=${path}/bin:${Deno.env.get("PATH")}`, "npm_config_offline=true"];
      const ran = await runProgram(["env", ...env, "bash", "-euc", script], {
        cwd: work,
        timeoutMs: TIMEOUT_MS,
      });
      assert.equal(ran.code, 0, `${script}\n${ran.stdout}${ran.stderr}`);
    };
    const typesOf = (scaffold: string) => Deno.readTextFile(`${work}/${scaffold}/gen/laps.ts`);

    const blocks = await commandsByHeading();
    assert.deepEqual([...blocks.keys()], [
      "Share one `.proto` across repositories",
      "One repository",
      "A git submodule",
      "A published package",
      "A live server",
    ]);
    for (const [heading, commands] of blocks) {
      await t.step(heading, async () => {
        if (heading !== "A live server") return await run(commands);
        await using server = await startServer([
          ...[`${work}/contracts/acme/laps.proto`, "-I", `${work}/contracts`],
          ...["--handlers", `${work}/pit/server.ts`],
        ]);
        await run(commands.replaceAll("localhost:8061", server.target));
      });
    }

    await t.step("who took the new contract has its field, who did not has not", async () => {
      assert.doesNotMatch(await typesOf("pit"), /driver/);
      for (const scaffold of ["timing/server", "viewer/client", "board"]) {
        assert.match(await typesOf(scaffold), /^ {2}driver: string;$/m, scaffold);
      }
    });
    await t.step("--check says that the one which did not is stale", async () => {
      const check = "broker scaffold contracts/acme/laps.proto -I contracts --out pit --check";
      await assert.rejects(run(check), /pit\/laps\.proto is stale/);
    });
  },
);

/** The `sh` blocks of the page, joined, by the heading that they stand under. */
async function commandsByHeading(): Promise<Map<string, string>> {
  const page = await Deno.readTextFile(repositoryPath("docs/sharing-protos.md"));
  const blocks = new Map<string, string>();
  let heading = "";
  for (const match of page.matchAll(/^#+ (?<title>.*)$|^```sh\n(?<commands>[^]*?)^```$/gm)) {
    const { title, commands } = match.groups ?? {};
    if (title !== undefined) heading = title;
    else blocks.set(heading, (blocks.get(heading) ?? "") + commands);
  }
  return blocks;
}

async function peer(program: string): Promise<object> {
  try {
    const { code } = await runProgram([program, "--version"], { timeoutMs: TIMEOUT_MS });
    return code === 0 ? {} : { missing: `"${program} --version" fails` };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: `${program} is not on the PATH` };
    throw error;
  }
}
