import { certSpec } from "./cli/commands/cert_spec.ts";
import { scaffoldSpec } from "./cli/commands/scaffold_spec.ts";
import { serveSpec } from "./cli/commands/serve_spec.ts";
import { streamSpec } from "./cli/commands/stream_spec.ts";
import { type Io, processIo, type Program, runProgram } from "./cli/mod.ts";

/** The command table. A command is imported only when it runs, so that help and version start fast. */
export const PROGRAM: Program = {
  summary: "Move measurements through gRPC: serve a model, stream CSV to it, collect the answers",
  commands: [
    { spec: scaffoldSpec, load: async () => (await import("./scaffold.ts")).scaffoldCommand },
    { spec: serveSpec, load: async () => (await import("./server.ts")).serveCommand },
    { spec: streamSpec, load: async () => (await import("./client.ts")).streamCommand },
    { spec: certSpec, load: async () => (await import("./cert.ts")).certCommand },
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
