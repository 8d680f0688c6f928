import type { Missing } from "../support/peer.ts";
import { repositoryPath } from "../support/paths.ts";
import { collectText, runProgram } from "../support/run_program.ts";
import { withTimeout } from "../support/with_timeout.ts";

const START_MS = 30_000;
/** Where free ports are looked for: below those that the system gives to clients. */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

/** A suite of github.com/summerwind/h2spec; `.ci/run` installs both where `go` is. */
export interface Suite {
  readonly program: "h2spec" | "h2specd";
}

/** What a suite found. */
export interface Verdict {
  readonly passed: number;
  readonly cases: number;
  /** What it printed; names the cases that failed. */
  readonly report: string;
}

/** Looks for a suite on PATH. */
export async function findSuite(program: Suite["program"]): Promise<Suite | Missing> {
  try {
    await runProgram([program, "--version"]);
    return { program };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { missing: `${program} is not on PATH` };
  }
}

/** Runs a suite with these arguments. @throws an error with what it printed if that holds no count */
export async function runSuite({ program }: Suite, args: readonly string[]): Promise<Verdict> {
  const { stdout, stderr } = await runProgram([program, ...args]);
  const count = /^(\d+) tests, (\d+) passed, \d+ skipped, \d+ failed$/m.exec(stdout);
  if (count === null) throw new Error(`${program} counted nothing:\n${stdout}${stderr}`);
  return { cases: Number(count[1]), passed: Number(count[2]), report: stdout };
}

/** `tests/h2spec_target.ts` as a process on a free port. */
export async function startTarget(): Promise<AsyncDisposable & { readonly port: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", repositoryPath("tests/h2spec_target.ts"), "0"],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const listening = Promise.withResolvers<number>();
  const collected = collectText(child.stdout, (text) => {
    const port = /^listening (\d+)$/m.exec(text)?.[1];
    if (port !== undefined) listening.resolve(Number(port));
  });
  const port = await withTimeout(listening.promise, START_MS, "the h2spec target to listen");
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await collected;
    },
  };
}

/** The first of `count` ports in a row that are free: h2specd listens on a port for each case. */
export function findPorts(count: number): number {
  const span = HIGHEST_PORT - LOWEST_PORT - count;
  // Runs at the same time on one machine begin at different places.
  for (let first = LOWEST_PORT + Deno.pid * 97 % span; first < HIGHEST_PORT; first += count) {
    if (areFree(first, count)) return first;
  }
  throw new Error(
    `There are no ${count} free ports in a row from ${LOWEST_PORT} to ${HIGHEST_PORT}`,
  );
}

function areFree(first: number, count: number): boolean {
  const listeners: Deno.Listener[] = [];
  try {
    for (let port = first; port < first + count; port++) {
      listeners.push(Deno.listen({ hostname: "127.0.0.1", port }));
    }
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  } finally {
    for (const listener of listeners) listener.close();
  }
}
