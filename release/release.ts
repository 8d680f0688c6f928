/**
 * `deno task release`: all files of a release, in dist/release. The workflow uploads them (.github/workflows).
 *
 * `--dry-run` does the same for this machine alone, of a checkout that need not be ready, and says what is not.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { compileTarget } from "./compile_target.ts";
import { NOT_EMBEDDED_PACKAGES } from "./embedded.ts";
import { readChanges } from "./read_changes.ts";
import { type Commit, readCommit } from "./read_commit.ts";
import { ROOT } from "./root.ts";
import { runCommand } from "./run_command.ts";
import { hostTarget, type Target, TARGETS } from "./targets.ts";
import { writeSbom } from "./write_sbom.ts";

/** Beside the binary in each archive. */
const COMPANIONS = ["LICENSE", "README.md", "CHANGELOG.md"];

interface ReleaseOptions {
  readonly isDryRun: boolean;
  /** An absolute path. */
  readonly folder: string;
}

/** What deno.json says that a release needs. */
interface Config {
  readonly version: string;
  readonly imports: Readonly<Record<string, string>>;
}

async function release({ isDryRun, folder }: ReleaseOptions): Promise<void> {
  const config: Config = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  const { version } = config;
  const commit = await readCommit();
  const refuse = (reason: string) => {
    if (!isDryRun) throw new Error(reason);
    console.log(`not ready: ${reason}`);
  };
  await checkTree(version, commit, refuse);
  const notes = await readNotes(version, refuse);
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(folder, { recursive: true });
  const targets = isDryRun ? [hostTarget()] : TARGETS;
  let deno = Deno.version.deno;
  for (const target of targets) {
    const built = await buildArchive(target, { folder, version, commit });
    if (target === hostTarget()) deno = built.deno;
  }
  const packages = Object.entries(config.imports).filter(([name]) =>
    !NOT_EMBEDDED_PACKAGES.includes(name) && !name.endsWith("/")
  );
  const lock = JSON.parse(await Deno.readTextFile(`${ROOT}deno.lock`));
  const sbom = writeSbom(lock, { version, deno, imports: packages.map(([, from]) => from) });
  await Deno.writeTextFile(`${folder}/broker.cdx.json`, `${JSON.stringify(sbom, null, 2)}\n`);
  await writeChecksums(folder);
  // The text of the release, which is none of its files.
  await Deno.writeTextFile(`${folder}/NOTES.md`, `${notes}\n`);
  for (const { name } of Deno.readDirSync(folder)) console.log(`${folder}/${name}`);
  if (isDryRun) {
    console.log(`dry run: ${targets.length} of ${TARGETS.length} targets, nothing uploaded`);
  }
}

async function checkTree(
  version: string,
  commit: Commit | undefined,
  refuse: (reason: string) => void,
): Promise<void> {
  if (commit === undefined) return refuse("Cannot tell the commit: this is no git checkout");
  if (commit.changed) refuse("The checkout has changes that are in no commit");
  const tags = await runCommand(["git", "tag", "--points-at", "HEAD"], { cwd: ROOT });
  const tag = `v${version}`;
  if (!tags.split("\n").includes(tag)) {
    refuse(`The commit ${commit.commit} has no tag "${tag}", which deno.json's version asks for`);
  }
}

async function readNotes(version: string, refuse: (reason: string) => void): Promise<string> {
  const changelog = await Deno.readTextFile(`${ROOT}CHANGELOG.md`);
  try {
    return readChanges(changelog, version);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
    return readChanges(changelog, "Unreleased");
  }
}

/** One target's binary and its companions as a .tar.gz; Windows unpacks those too. */
async function buildArchive(
  target: Target,
  { folder, version, commit }: {
    readonly folder: string;
    readonly version: string;
    readonly commit: Commit | undefined;
  },
): Promise<{ readonly deno: string }> {
  const work = await Deno.makeTempDir({ prefix: "broker-release-" });
  try {
    const output = `${work}/${target.fileName}`;
    await compileTarget(target, { output, commit });
    let deno = Deno.version.deno;
    if (target === hostTarget()) {
      const said = await runCommand([output, "--version"]);
      deno = /Deno ([\d.]+)/.exec(said)?.[1] ?? deno;
      console.log(said.trim());
    }
    for (const name of COMPANIONS) await Deno.copyFile(`${ROOT}${name}`, `${work}/${name}`);
    const archive = `${folder}/broker-${version}-${target.triple}.tar.gz`;
    const owner = ["--owner=0", "--group=0", "--numeric-owner"];
    await runCommand(
      ["tar", "-czf", archive, ...owner, "-C", work, target.fileName, ...COMPANIONS],
    );
    return { deno };
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** SHA256SUMS of all that is there, as `sha256sum --check` reads it. */
async function writeChecksums(folder: string): Promise<void> {
  const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  const sums = await runCommand(["sha256sum", ...names], { cwd: folder });
  await Deno.writeTextFile(`${folder}/SHA256SUMS`, sums);
}

const { values } = parseArgs({
  args: Deno.args,
  options: { "dry-run": { type: "boolean", default: false }, out: { type: "string" } },
});
try {
  const folder = resolve(values.out ?? `${ROOT}dist/release`);
  await release({ isDryRun: values["dry-run"], folder });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
