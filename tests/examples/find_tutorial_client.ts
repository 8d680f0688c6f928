import { temporaryFolder } from "../support/broker.ts";
import type { Missing } from "../support/peer.ts";
import { runProgram } from "../support/run_program.ts";

/** The client of gRPC's route_guide tutorial in Go, as its authors publish it. */
export interface TutorialClient {
  readonly executable: string;
}

const VERSION = "v0.0.0-20260825154716-030ee8becb20";
const PACKAGE = "google.golang.org/grpc/examples/route_guide/client";
/** A first build with its downloads, on two busy cores; later runs find the program. */
const BUILD_TIMEOUT_MS = 300_000;

/** The client from this user's cache, or built once where there is a `go` and the Go module proxy answers. */
export async function findTutorialClient(): Promise<TutorialClient | Missing> {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  const folder = `${home}/broker-tests/route-guide-client-${VERSION}`;
  const executable = `${folder}/client`;
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}/lock`, { create: true, write: true });
  await lock.lock(true);
  const isBuilt = await Deno.stat(executable).then(() => true, () => false);
  return isBuilt ? { executable } : await build(executable);
}

/** In a module of its own: `go install` refuses a module that replaces another, as this one does. */
async function build(executable: string): Promise<TutorialClient | Missing> {
  await using folder = await temporaryFolder();
  const commands = [
    ["mod", "init", "tutorial"],
    ["get", `${PACKAGE}@${VERSION}`],
    ["build", "-o", executable, PACKAGE],
  ];
  for (const args of commands) {
    try {
      const options = { cwd: folder.path, timeoutMs: BUILD_TIMEOUT_MS };
      const { code, stderr } = await runProgram(["go", ...args], options);
      if (code === 0) continue;
      return { missing: `"go ${args.join(" ")}" failed: ${stderr.trim().split("\n").at(-1)}` };
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return { missing: "go is not on the PATH" };
      return { missing: `"go ${args.join(" ")}" failed: ${error}` };
    }
  }
  return { executable };
}
