import { BufferedSink } from "./buffered_sink.ts";
import { CommandError, InterruptedError, OutputClosedError } from "./command_error.ts";
import { ExitCode } from "./exit_code.ts";
import { explainFileFailure } from "./explain_file_failure.ts";
import type { Io } from "./io.ts";

/**
 * The same signal this soon after the first is the same key press: a terminal sends Ctrl-C to every process of the
 * group, and `deno task` passes its own copy on (seen on Deno 2.9.6, 0.2 ms later).
 */
const SAME_SIGNAL_MS = 50;

/** The real stdin, stdout, stderr, environment and signals. Nothing is opened before it is used. */
export function processIo(): Io {
  let interrupted: AbortSignal | undefined;
  return {
    get stdin() {
      return Deno.stdin.readable;
    },
    get stdinIsTerminal() {
      return Deno.stdin.isTerminal();
    },
    stdout: new BufferedSink(fileTarget(Deno.stdout, "standard output")),
    stderr: new BufferedSink(fileTarget(Deno.stderr, "standard error"), { isBestEffort: true }),
    env: readEnv,
    get interrupted() {
      return interrupted ??= watchSignals();
    },
    onHangup(listener) {
      Deno.addSignalListener("SIGHUP", listener);
      return () => Deno.removeSignalListener("SIGHUP", listener);
    },
  };
}

type OutputFile = typeof Deno.stdout;

function fileTarget(file: OutputFile, name: string) {
  return {
    get isTerminal() {
      return file.isTerminal();
    },
    async writeAll(bytes: Uint8Array): Promise<void> {
      try {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      } catch (cause) {
        if (cause instanceof Deno.errors.BrokenPipe) throw new OutputClosedError({ cause });
        throw new CommandError(`Cannot write to ${name}: ${explainFileFailure(cause)}`, { cause });
      }
    },
  };
}

function readEnv(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    // Without --allow-env a variable is as good as unset.
    return undefined;
  }
}

function watchSignals(): AbortSignal {
  const controller = new AbortController();
  let first: { readonly name: string; readonly atMs: number } | undefined;
  const names: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  for (const name of names) {
    Deno.addSignalListener(name, () => {
      const atMs = performance.now();
      if (first === undefined) {
        first = { name, atMs };
        controller.abort(new InterruptedError(name));
      } else if (name !== first.name || atMs - first.atMs > SAME_SIGNAL_MS) {
        Deno.exit(ExitCode.INTERRUPTED);
      }
    });
  }
  return controller.signal;
}
