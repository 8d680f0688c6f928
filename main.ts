import { benchSpec } from "./cli/commands/bench_spec.ts";
import { callSpec } from "./cli/commands/call_spec.ts";
import { certSpec } from "./cli/commands/cert_spec.ts";
import { completionsSpec } from "./cli/commands/completions_spec.ts";
import { describeSpec } from "./cli/commands/describe_spec.ts";
import { healthSpec } from "./cli/commands/health_spec.ts";
import { listSpec } from "./cli/commands/list_spec.ts";
import { scaffoldSpec } from "./cli/commands/scaffold_spec.ts";
import { serveSpec } from "./cli/commands/serve_spec.ts";
import { streamSpec } from "./cli/commands/stream_spec.ts";
// Not from cli/mod.ts: it brings what commands need, and node:zlib alone doubles the time of "broker --version".
import type { Command } from "./cli/command.ts";
import type { Io } from "./cli/io.ts";
import { processIo } from "./cli/process_io.ts";
import { type Program, runProgram } from "./cli/run_program.ts";

/** The command table. A command is imported only when it runs, so that help and version start fast. */
export const PROGRAM: Program = {
  summary: "Move measurements through gRPC: serve a model, stream CSV to it, collect the answers",
  commands: [
    { spec: scaffoldSpec, load: async () => (await import("./scaffold.ts")).scaffoldCommand },
    { spec: serveSpec, load: async () => (await import("./server.ts")).serveCommand },
    { spec: streamSpec, load: async () => (await import("./client.ts")).streamCommand },
    { spec: callSpec, load: async () => (await import("./call.ts")).callCommand },
    { spec: listSpec, load: async () => (await import("./list.ts")).listCommand },
    { spec: describeSpec, load: async () => (await import("./describe.ts")).describeCommand },
    { spec: healthSpec, load: async () => (await import("./health.ts")).healthCommand },
    { spec: benchSpec, load: async () => (await import("./bench.ts")).benchCommand },
    { spec: certSpec, load: async () => (await import("./cert.ts")).certCommand },
    { spec: completionsSpec, load: loadCompletions },
  ],
};

async function loadCompletions(): Promise<Command> {
  const { createCompletionsCommand } = await import("./cli/completions.ts");
  return createCompletionsCommand(PROGRAM.commands.map(({ spec }) => spec));
}

/** Runs `broker` with its arguments; returns the exit code. */
export function run(args: readonly string[], io: Io): Promise<number> {
  return runProgram(PROGRAM, args, io);
}

if (import.meta.main) {
  // An explicit exit: a read of stdin that is still waiting would keep the process alive.
  Deno.exit(await run(Deno.args, processIo()));
}
