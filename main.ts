// Not from cli/mod.ts: it brings what commands need, and each module costs "broker --version" 0.1 ms or more.
import type { Io } from "./cli/io.ts";
import { processIo } from "./cli/process_io.ts";
import { loadSpecs, type Program, runProgram } from "./cli/run_program.ts";

/** Where the commands and their specs are. Types alone: gone at run time. */
interface Modules {
  readonly "./bench.ts": typeof import("./bench.ts");
  readonly "./call.ts": typeof import("./call.ts");
  readonly "./cert.ts": typeof import("./cert.ts");
  readonly "./client.ts": typeof import("./client.ts");
  readonly "./describe.ts": typeof import("./describe.ts");
  readonly "./health.ts": typeof import("./health.ts");
  readonly "./list.ts": typeof import("./list.ts");
  readonly "./scaffold.ts": typeof import("./scaffold.ts");
  readonly "./server.ts": typeof import("./server.ts");
  readonly "./cli/completions.ts": typeof import("./cli/completions.ts");
  readonly "./cli/commands/bench_spec.ts": typeof import("./cli/commands/bench_spec.ts");
  readonly "./cli/commands/call_spec.ts": typeof import("./cli/commands/call_spec.ts");
  readonly "./cli/commands/cert_spec.ts": typeof import("./cli/commands/cert_spec.ts");
  readonly "./cli/commands/completions_spec.ts":
    typeof import("./cli/commands/completions_spec.ts");
  readonly "./cli/commands/describe_spec.ts": typeof import("./cli/commands/describe_spec.ts");
  readonly "./cli/commands/health_spec.ts": typeof import("./cli/commands/health_spec.ts");
  readonly "./cli/commands/list_spec.ts": typeof import("./cli/commands/list_spec.ts");
  readonly "./cli/commands/scaffold_spec.ts": typeof import("./cli/commands/scaffold_spec.ts");
  readonly "./cli/commands/serve_spec.ts": typeof import("./cli/commands/serve_spec.ts");
  readonly "./cli/commands/stream_spec.ts": typeof import("./cli/commands/stream_spec.ts");
}

/**
 * Imports a module that is listed above, and no sooner than it is asked for.
 *
 * Deno reads whatever is behind a literal `import("./server.ts")` before main.ts runs: 17 ms for modules that
 * "broker --version" never uses. Of a path in a variable it knows nothing; so a binary has to embed these modules by
 * name, in release/embedded.ts (tests/startup_test.ts sees to it).
 */
function load<Path extends keyof Modules>(path: Path): Promise<Modules[Path]> {
  return import(path);
}

/** The command table. A spec is imported for parsing and help, a command only when it runs: start-up stays fast. */
export const PROGRAM: Program = {
  summary: "Move measurements through gRPC: serve a model, stream CSV to it, collect the answers",
  commands: [
    {
      name: "scaffold",
      loadSpec: async () => (await load("./cli/commands/scaffold_spec.ts")).scaffoldSpec,
      load: async () => (await load("./scaffold.ts")).scaffoldCommand,
    },
    {
      name: "serve",
      loadSpec: async () => (await load("./cli/commands/serve_spec.ts")).serveSpec,
      load: async () => (await load("./server.ts")).serveCommand,
    },
    {
      name: "stream",
      loadSpec: async () => (await load("./cli/commands/stream_spec.ts")).streamSpec,
      load: async () => (await load("./client.ts")).streamCommand,
    },
    {
      name: "call",
      loadSpec: async () => (await load("./cli/commands/call_spec.ts")).callSpec,
      load: async () => (await load("./call.ts")).callCommand,
    },
    {
      name: "list",
      loadSpec: async () => (await load("./cli/commands/list_spec.ts")).listSpec,
      load: async () => (await load("./list.ts")).listCommand,
    },
    {
      name: "describe",
      loadSpec: async () => (await load("./cli/commands/describe_spec.ts")).describeSpec,
      load: async () => (await load("./describe.ts")).describeCommand,
    },
    {
      name: "health",
      loadSpec: async () => (await load("./cli/commands/health_spec.ts")).healthSpec,
      load: async () => (await load("./health.ts")).healthCommand,
    },
    {
      name: "bench",
      loadSpec: async () => (await load("./cli/commands/bench_spec.ts")).benchSpec,
      load: async () => (await load("./bench.ts")).benchCommand,
    },
    {
      name: "cert",
      loadSpec: async () => (await load("./cli/commands/cert_spec.ts")).certSpec,
      load: async () => (await load("./cert.ts")).certCommand,
    },
    {
      name: "completions",
      loadSpec: async () => (await load("./cli/commands/completions_spec.ts")).completionsSpec,
      load: async () => {
        const { createCompletionsCommand } = await load("./cli/completions.ts");
        return createCompletionsCommand(await loadSpecs(PROGRAM));
      },
    },
  ],
};

/** Runs `broker` with its arguments; returns the exit code. */
export function run(args: readonly string[], io: Io): Promise<number> {
  return runProgram(PROGRAM, args, io);
}

if (import.meta.main) {
  // An explicit exit: a read of stdin that is still waiting would keep the process alive.
  Deno.exit(await run(Deno.args, processIo()));
}
