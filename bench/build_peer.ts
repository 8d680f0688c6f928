import { createHash } from "node:crypto";
import { exists } from "../tests/support/exists.ts";
import { repositoryPath } from "../tests/support/paths.ts";
import { isMissing, type Missing } from "../tests/support/peers.ts";
import { runProgram } from "../tests/support/run_program.ts";
import type { BenchPeer } from "./peers.ts";

/** A peer that can be started. */
export interface BuiltPeer {
  readonly peer: BenchPeer;
  /** Where its commands run. */
  readonly folder: string;
  /** What `build` found: the library first, then compilers and runtimes. */
  readonly versions: readonly string[];
}

/** tonic with all that it depends on, on two cores that others use as well. */
const BUILD_TIMEOUT_MS = 600_000;
const PROTOS = ["proto/databroker.proto", "bench/peers/bench.proto"].map(repositoryPath);

/**
 * Builds a peer in a cache outside the tree, once for each state of its sources; generated stubs stay there as well.
 * A folder without a program `build` is used in place.
 */
export async function buildPeer(peer: BenchPeer): Promise<BuiltPeer | Missing> {
  const source = repositoryPath(`bench/peers/${peer.folder}`);
  for (const [need, from] of Object.entries(peer.needs)) {
    if (!await isThere(need)) return { missing: `${need} is not there; it comes with ${from}` };
  }
  const files = (await listFiles(source)).sort();
  if (!files.includes("build")) {
    const { deno, v8 } = Deno.version;
    return { peer, folder: source, versions: ["this tree", `Deno ${deno}`, `V8 ${v8}`] };
  }
  const contents = [...files.map((name) => `${source}/${name}`), ...PROTOS];
  const folder = `${cacheFolder()}/${peer.folder}-${await hashFiles(contents)}`;
  if (!await exists(`${folder}/.built`)) {
    console.error(`Building ${peer.name} in ${folder}`);
    await copyFiles(source, files, folder);
    const failure = await build(folder);
    if (isMissing(failure)) return failure;
    await Deno.writeTextFile(`${folder}/.built`, "");
  }
  const versions = (await Deno.readTextFile(`${folder}/version`)).trim().split("\n");
  return { peer, folder, versions };
}

/** Where builds, inputs and certificates are kept between runs. */
export function cacheFolder(): string {
  const home = Deno.env.get("HOME") ?? "/tmp";
  return `${Deno.env.get("XDG_CACHE_HOME") ?? `${home}/.cache`}/broker-bench`;
}

async function build(folder: string): Promise<Missing | { readonly code: number }> {
  const options = { cwd: folder, timeoutMs: BUILD_TIMEOUT_MS };
  const { code, stderr } = await runProgram(["nice", "-n", "10", "./build"], options);
  if (code === 0) return { code };
  const lines = stderr.trim().split("\n");
  const line = lines.find((text) => /error|cannot/i.test(text)) ?? lines.at(-1) ?? "";
  return { missing: `its build ended with ${code}: ${line.trim()}` };
}

/** A program on PATH, or a file. */
async function isThere(need: string): Promise<boolean> {
  if (need.includes("/")) return await exists(need);
  // Go's own archive goes there, and not onto PATH; the build looks there as well.
  for (const folder of `${Deno.env.get("PATH")}:/usr/local/go/bin`.split(":")) {
    if (await exists(`${folder}/${need}`)) return true;
  }
  return false;
}

/** The paths of all files in a folder, from there; but not what a build by hand may have left. */
async function listFiles(folder: string, prefix = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${prefix}`)) {
    const path = `${prefix}${entry.name}`;
    if (entry.isFile) files.push(path);
    else if (!["target", "node_modules", "__pycache__"].includes(entry.name)) {
      files.push(...await listFiles(folder, `${path}/`));
    }
  }
  return files;
}

async function hashFiles(paths: readonly string[]): Promise<string> {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(path).update(await Deno.readFile(path));
  return hash.digest("hex").slice(0, 12);
}

async function copyFiles(source: string, files: readonly string[], folder: string): Promise<void> {
  for (const name of files) {
    await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(`${source}/${name}`, `${folder}/${name}`);
  }
  await Deno.mkdir(`${folder}/protos`, { recursive: true });
  for (const path of PROTOS) await Deno.copyFile(path, `${folder}/protos/${path.split("/").pop()}`);
}
