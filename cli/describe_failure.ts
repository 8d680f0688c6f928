import { CommandError, OutputClosedError } from "./command_error.ts";
import { ExitCode } from "./exit_code.ts";

/** What the user is told of an error, and what the process ends with. */
export interface Failure {
  /** Undefined where nothing is to be said: an interrupt, a closed output. */
  readonly sentence: string | undefined;
  readonly exitCode: number;
  /** False for what nobody foresaw: a fault of the program. */
  readonly isKnown: boolean;
}

/** A class of errors whose message is a sentence for the user. */
export interface KnownError {
  exitCodeOf(error: unknown): number | undefined;
}

/**
 * Declares a class of errors as known: its message is printed as it stands, without a stack trace.
 *
 * @example
 * ```ts
 * const known = knownError(RpcError, (error) => exitCodeOfStatus(error.code));
 * ```
 */
export function knownError<Known extends Error>(
  type: abstract new (...args: never[]) => Known,
  exitCode: number | ((error: Known) => number) = ExitCode.FAILURE,
): KnownError {
  return {
    exitCodeOf(error) {
      if (!(error instanceof type)) return undefined;
      return typeof exitCode === "number" ? exitCode : exitCode(error);
    },
  };
}

/** Turns whatever was thrown into a sentence and an exit code. Never throws. */
export function describeFailure(error: unknown, known: readonly KnownError[] = []): Failure {
  if (error instanceof CommandError) {
    const { exitCode } = error;
    const isQuiet = error instanceof OutputClosedError || exitCode === ExitCode.INTERRUPTED;
    return { sentence: isQuiet ? undefined : error.message, exitCode, isKnown: true };
  }
  if (!(error instanceof Error)) {
    const sentence = `Something unexpected failed: ${textOf(error)}`;
    return { sentence, exitCode: ExitCode.FAILURE, isKnown: false };
  }
  for (const rule of known) {
    const exitCode = rule.exitCodeOf(error);
    if (exitCode !== undefined) return { sentence: error.message, exitCode, isKnown: true };
  }
  if (isSystemError(error)) {
    const sentence = error.message.replace(/ \(os error \d+\)/, "");
    return { sentence, exitCode: ExitCode.FAILURE, isKnown: true };
  }
  const sentence = `Something unexpected failed: ${error.name}: ${error.message}`;
  return { sentence, exitCode: ExitCode.FAILURE, isKnown: false };
}

/** The stack of an error and of its causes. */
export function formatStack(error: unknown): string {
  const stacks: string[] = [];
  const seen = new Set<unknown>();
  for (let at = error; at !== undefined && !seen.has(at);) {
    seen.add(at);
    stacks.push(at instanceof Error ? at.stack ?? `${at.name}: ${at.message}` : textOf(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return stacks.join("\ncaused by: ");
}

/** Errors of the operating system carry its name for them (`ENOENT`), in Deno as in Node. */
function isSystemError(error: Error): boolean {
  return "code" in error && typeof error.code === "string" && /^E[A-Z0-9]+$/.test(error.code);
}

/** `String()` that survives objects without a prototype or with a `toString` that throws. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
