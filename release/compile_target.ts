import { EMBEDDED, NOT_EMBEDDED_PACKAGES, UNREADABLE } from "./embedded.ts";
import { listPermissionFlags } from "./permissions.ts";
import type { Commit } from "./read_commit.ts";
import { ROOT } from "./root.ts";
import { runCommand } from "./run_command.ts";
import { hostTarget, type Target } from "./targets.ts";
import { V8_FLAGS } from "./v8_flags.ts";

/** Not part of the checkout: .gitignore has it. */
const BUILD_FOLDER = "dist";
/** Read by cli/version.ts in the binary. */
const BUILD_FILE = `${BUILD_FOLDER}/build.json`;

/** How one binary is built. */
export interface CompileOptions {
  /** An absolute path. */
  readonly output: string;
  readonly commit: Commit | undefined;
  /** Of FURTHER_PERMISSIONS. Default: none. */
  readonly furtherPermissions?: readonly string[];
}

/** Builds the binary for one target with the Deno that runs this. @throws Error with what Deno printed */
export async function compileTarget(target: Target, options: CompileOptions): Promise<void> {
  await writeBuildFolder(options.commit);
  await compileWith([
    Deno.execPath(),
    "compile",
    // `deno check` is a step of its own, with the version of Deno that it is meant for.
    "--no-check",
    ...["--config", `${BUILD_FOLDER}/deno.json`],
    // It lies in the temporary folder under a name that anybody can take (denoland/deno#36143), and this program, which
    // imports JSON, never gets one written (denoland/deno#31766).
    "--no-code-cache",
    `--v8-flags=${V8_FLAGS}`,
    ...listPermissionFlags(options.furtherPermissions ?? []),
    ...[...EMBEDDED, BUILD_FILE].flatMap((path) => ["--include", path]),
    ...(await listUnreadable()).flatMap((path) => ["--exclude", path]),
    ...["--target", target.triple],
    ...["--output", options.output],
    "main.ts",
  ]);
  if (target === hostTarget()) await checkStart(options.output);
}

/** @throws Error, with a way out where Deno cannot download the runtime, or find the one of DENORT_BIN */
async function compileWith(command: readonly [string, ...string[]]): Promise<void> {
  const denort = Deno.env.get("DENORT_BIN") ?? "";
  if (denort !== "" && !await isFile(denort)) {
    throw new Error(`Cannot use DENORT_BIN "${denort}": there is no such file`);
  }
  try {
    await runCommand(command, { cwd: ROOT });
  } catch (error) {
    if (!(error instanceof Error) || !/denort.*\.zip/.test(error.message)) throw error;
    throw new Error(
      "Cannot download the runtime that the binary embeds: name one on disk with DENORT_BIN, of a " +
        `version that fits Deno ${Deno.version.deno}, or build where the network lets it through`,
      { cause: error },
    );
  }
}

async function isFile(path: string): Promise<boolean> {
  const found = await Deno.stat(path).catch(() => undefined);
  return found?.isFile ?? false;
}

/** Deno embeds any runtime. @throws Error if the binary does not start; it is removed */
async function checkStart(output: string): Promise<void> {
  try {
    await runCommand([output, "--version"]);
  } catch (cause) {
    await Deno.remove(output);
    const advice = (Deno.env.get("DENORT_BIN") ?? "") !== ""
      ? `; DENORT_BIN has to be of a version that fits Deno ${Deno.version.deno}`
      : "";
    throw new Error(`Cannot keep "${output}": it was built, but does not start${advice}`, {
      cause,
    });
  }
}

/**
 * Writes what the build reads beside the sources: the commit, and deno.json and deno.lock without the packages of the
 * tests. Deno before 2.9 embeds every package that its configuration names, used or not.
 */
async function writeBuildFolder(commit: Commit | undefined): Promise<void> {
  const folder = `${ROOT}${BUILD_FOLDER}`;
  await Deno.mkdir(folder, { recursive: true });
  const config = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  for (const name of NOT_EMBEDDED_PACKAGES) delete config.imports[name];
  await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
  await Deno.copyFile(`${ROOT}deno.lock`, `${folder}/deno.lock`);
  // Written even if nobody knows the commit: a file of an earlier build must not speak for this one.
  await Deno.writeTextFile(`${ROOT}${BUILD_FILE}`, `${JSON.stringify(commit ?? {})}\n`);
}

/** The paths of UNREADABLE in Deno's cache, after all packages were brought there. */
async function listUnreadable(): Promise<string[]> {
  const deno = Deno.execPath();
  await runCommand([deno, "install", "--quiet", "--config", `${BUILD_FOLDER}/deno.json`], {
    cwd: ROOT,
  });
  const { npmCache } = JSON.parse(await runCommand([deno, "info", "--json"], { cwd: ROOT }));
  // One folder for each registry.
  const registries = [...Deno.readDirSync(npmCache)].filter(({ isDirectory }) => isDirectory);
  return registries.flatMap(({ name }) => UNREADABLE.map((path) => `${npmCache}/${name}/${path}`));
}
