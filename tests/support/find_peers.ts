import { exists } from "./exists.ts";
import { repositoryPath } from "./paths.ts";
import type { BufPeer, Missing, Peer } from "./peer.ts";
import { isMissing } from "./peer.ts";
import { runProgram } from "./run_program.ts";

const NODE_FOLDER = repositoryPath("tests/peers/node");
const PYTHON_FOLDER = repositoryPath("tests/peers/python");
/** Says what node_modules was installed from, and which Node runs it. */
const STAMP = `${NODE_FOLDER}/node_modules/.broker-peer.json`;
/** Debian's: a Python of pyenv or a virtual environment does not see python3-grpcio. */
const PYTHON = "/usr/bin/python3";
/** A first `npm ci` on a slow network; later runs find the stamp. */
const INSTALL_TIMEOUT_MS = 300_000;

/**
 * grpc-js on Node 22. Installs tests/peers/node when node_modules is missing or older than its lock file;
 * safe to call from several test files at once.
 */
export async function nodePeer(): Promise<Peer | Missing> {
  const installed = await installNodePeer();
  if (isMissing(installed)) return installed;
  return {
    name: "node",
    executable: installed.node,
    serverScript: `${NODE_FOLDER}/server.mjs`,
    clientScript: `${NODE_FOLDER}/client.mjs`,
    compressesAnswers: false,
  };
}

/** grpcio of Debian's python3-grpcio; `.ci/run` installs it. */
export async function pythonPeer(): Promise<Peer | Missing> {
  const packages = [["grpc", "python3-grpcio"], ["grpc_tools", "python3-grpc-tools"]] as const;
  for (const [module, name] of packages) {
    const found = await tryProgram([PYTHON, "-c", `import ${module}`]);
    if (isMissing(found)) return { missing: `${name} is not installed` };
  }
  return {
    name: "python",
    executable: PYTHON,
    serverScript: `${PYTHON_FOLDER}/server.py`,
    clientScript: `${PYTHON_FOLDER}/client.py`,
    compressesAnswers: true,
  };
}

/** The native `buf` of the npm package @bufbuild/buf, not its JavaScript launcher. */
export async function bufPeer(): Promise<BufPeer | Missing> {
  const installed = await installNodePeer();
  if (isMissing(installed)) return installed;
  const folder = `${NODE_FOLDER}/node_modules/@bufbuild`;
  for await (const { name } of Deno.readDir(folder)) {
    const executable = `${folder}/${name}/bin/buf`;
    if (name.startsWith("buf-") && await exists(executable)) return { name: "buf", executable };
  }
  return { missing: `@bufbuild/buf has no program for ${Deno.build.os} ${Deno.build.arch}` };
}

/** What a complete installation is stamped with. */
interface Installation {
  readonly node: string;
  readonly packages: string;
}

async function installNodePeer(): Promise<Installation | Missing> {
  const packages = await Deno.readTextFile(`${NODE_FOLDER}/package.json`) +
    await Deno.readTextFile(`${NODE_FOLDER}/package-lock.json`);
  // Test files may run in parallel; `npm ci` deletes node_modules before it fills it.
  using lock = await Deno.open(`${temporaryFolder()}/broker-node-peer.lock`, {
    create: true,
    write: true,
  });
  await lock.lock(true);
  const stamped = await readStamp();
  if (stamped?.packages === packages && await exists(stamped.node)) return stamped;

  // Not inside NODE_FOLDER: its .npmrc forbids the install script that the `node` package needs.
  const found = await tryProgram(
    ["npx", "--yes", "-p", "node@22", "node", "-p", "process.execPath"],
    { cwd: repositoryPath("tests") },
  );
  if (isMissing(found)) return found;
  const ran = await tryProgram(["npm", "ci"], { cwd: NODE_FOLDER });
  if (isMissing(ran)) return ran;
  const installation = { node: found.stdout.trim(), packages };
  await Deno.writeTextFile(STAMP, JSON.stringify(installation));
  return installation;
}

async function readStamp(): Promise<Installation | undefined> {
  if (!await exists(STAMP)) return undefined;
  return JSON.parse(await Deno.readTextFile(STAMP));
}

/** Runs a program that is needed to have a peer; whatever goes wrong is the reason why it is missing. */
async function tryProgram(
  command: readonly [string, ...string[]],
  options: { readonly cwd?: string } = {},
): Promise<{ readonly stdout: string } | Missing> {
  try {
    const result = await runProgram(command, { ...options, timeoutMs: INSTALL_TIMEOUT_MS });
    if (result.code === 0) return result;
    const reason = result.stderr.split("\n").find((line) => /error/i.test(line)) ?? result.stderr;
    return { missing: `"${command.join(" ")}" failed: ${reason.trim()}` };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { missing: `${command[0]} is not installed` };
    return { missing: `"${command.join(" ")}" failed: ${error}` };
  }
}

function temporaryFolder(): string {
  return Deno.env.get("TMPDIR") ?? "/tmp";
}
