import { repositoryPath } from "./paths.ts";
import { collectText } from "./run_program.ts";
import { withTimeout } from "./with_timeout.ts";

const TIMEOUT_MS = 60_000;

/** The line that `deno -L debug` (2.9.6) writes for each module that V8 compiles, or takes from its cache of code. */
const COMPILED = /V8 code cache(?: \w+)? for (?:ES module|script): (\S+), \[/g;

/** Options of `traceModules()`. */
export interface TraceOptions {
  /** Once stderr matches, the program gets SIGTERM. Default: it ends by itself. */
  readonly until?: RegExp;
}

/** What a run loaded. */
export interface ModuleTrace {
  readonly code: number;
  /**
   * Each once: paths from the root of the repository for ours (`rpc/server.ts`), `npm:name` for packages, and as Deno
   * calls them for its own (`ext:deno_node/zlib.js`, `node:timers`).
   */
  readonly modules: readonly string[];
}

/** Runs `broker` as a process and lists the modules that it really loaded, those of packages and of Deno with them. */
export async function traceModules(
  args: readonly string[],
  options: TraceOptions = {},
): Promise<ModuleTrace> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "-L", "debug", repositoryPath("main.ts"), ...args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let isStopped = false;
  const output = collectText(child.stderr, (text) => {
    if (isStopped || options.until === undefined || !options.until.test(text)) return;
    isStopped = true;
    child.kill("SIGTERM");
  });
  const what = `"broker ${args.join(" ")}" to end`;
  try {
    const { code } = await withTimeout(child.status, TIMEOUT_MS, what);
    const names = (await output).matchAll(COMPILED).map(([, specifier = ""]) => nameOf(specifier));
    return { code, modules: [...new Set(names)] };
  } catch (error) {
    child.kill("SIGKILL");
    await output;
    throw error;
  }
}

function nameOf(specifier: string): string {
  const root = `file://${repositoryPath("")}`;
  if (specifier.startsWith(root)) return specifier.slice(root.length);
  const [, name] = /\/(?:node_modules|npm\/[^/]+)\/((?:@[^/]+\/)?[^/]+)\//.exec(specifier) ?? [];
  return name === undefined ? specifier : `npm:${name}`;
}
