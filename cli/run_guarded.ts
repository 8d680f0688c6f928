import { describeFailure, formatStack, type KnownError } from "./describe_failure.ts";
import { ExitCode } from "./exit_code.ts";
import type { Io } from "./io.ts";
import { createTalk } from "./talk.ts";

/** How long a reader of stderr may take for the last lines. */
const STDERR_PATIENCE_MS = 1000;

/** What was said already: a command runs within a program, and both of them flush what cannot be written. */
const reported = new WeakSet<object>();

/**
 * Runs the work, flushes both outputs, and turns what is thrown into a sentence on stderr and an exit code.
 *
 * `args` are looked at for `--verbose` only: parsing them may be what failed.
 */
export async function runGuarded(
  args: readonly string[],
  io: Io,
  known: readonly KnownError[],
  work: () => Promise<number>,
): Promise<number> {
  try {
    const exitCode = await work();
    await io.stdout.flush();
    return exitCode;
  } catch (error) {
    // What was printed before the failure is kept; a second failure would only hide the first.
    await io.stdout.flush().catch(() => {});
    return reportFailure(error, args, io, known);
  } finally {
    await flushStderr(io);
  }
}

function reportFailure(
  error: unknown,
  args: readonly string[],
  io: Io,
  known: readonly KnownError[],
): number {
  const verbose = args.some((arg) => /^(-v|--?verbose)$/.test(arg));
  const talk = createTalk(io, { quiet: false, verbose });
  const { sentence, exitCode, isKnown } = describeFailure(error, known);
  const isError = typeof error === "object" && error !== null;
  const isNew = !isError || !reported.has(error);
  if (isError) reported.add(error);
  if (sentence !== undefined && isNew) {
    const hint = isKnown || verbose ? "" : " (--verbose shows where)";
    talk.fail(sentence + hint);
    if (verbose && exitCode !== ExitCode.USAGE) talk.print(formatStack(error));
  }
  return exitCode;
}

/** What is on its way to stderr is waited for, but a reader that takes nothing does not keep the process alive. */
async function flushStderr(io: Io): Promise<void> {
  // A first timer loads the timers of Node, 5 ms (Deno 2.9.6): a third of what "broker --version" takes.
  if (io.stderr.isIdle) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => timer = setTimeout(resolve, STDERR_PATIENCE_MS));
  await Promise.race([io.stderr.flush(), patience]);
  clearTimeout(timer);
}
