import type { Missing } from "./peer.ts";
import { runProgram } from "./run_program.ts";

/** The `grpcurl` program: reflection as most people ask it. */
export interface GrpcurlPeer {
  readonly executable: string;
}

const VERSION = "v1.9.3";
const PACKAGE = `github.com/fullstorydev/grpcurl/cmd/grpcurl@${VERSION}`;
/** A first build with its downloads, on two busy cores; later runs find the program. */
const BUILD_TIMEOUT_MS = 300_000;

/**
 * grpcurl from the PATH, or built once into a folder of this user's cache where there is a `go`; safe to call from
 * several test files at once.
 */
export async function grpcurlPeer(): Promise<GrpcurlPeer | Missing> {
  if (await runs("grpcurl", "-version")) return { executable: "grpcurl" };
  const folder = `${cacheFolder()}/broker-tests/grpcurl-${VERSION}`;
  const executable = `${folder}/grpcurl`;
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}/lock`, { create: true, write: true });
  await lock.lock(true);
  if (await runs(executable, "-version")) return { executable };
  if (!await runs("go", "version")) return { missing: "neither grpcurl nor go is on the PATH" };
  const { code, stderr } = await runProgram(
    ["env", `GOBIN=${folder}`, "go", "install", PACKAGE],
    { timeoutMs: BUILD_TIMEOUT_MS },
  );
  if (code === 0) return { executable };
  return { missing: `"go install ${PACKAGE}" failed: ${stderr.trim().split("\n").at(-1)}` };
}

async function runs(program: string, argument: string): Promise<boolean> {
  try {
    return (await runProgram([program, argument])).code === 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function cacheFolder(): string {
  return Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
}
