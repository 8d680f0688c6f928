import { ExitCode } from "./exit_code.ts";

/** An error whose message is meant for the user as it stands: one sentence, no stack trace. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly exitCode: number;

  constructor(message: string, options?: ErrorOptions & { readonly exitCode?: number }) {
    super(message, options);
    this.exitCode = options?.exitCode ?? ExitCode.FAILURE;
  }
}

/** The command line is wrong. Thrown before any I/O. */
export class UsageError extends CommandError {
  override readonly name = "UsageError";

  constructor(message: string, options?: ErrorOptions) {
    super(message, { ...options, exitCode: ExitCode.USAGE });
  }
}

/** The reason with which `io.interrupted` aborts; a command may let it pass to end with exit code 130. */
export class InterruptedError extends CommandError {
  override readonly name = "InterruptedError";

  /** @param signalName What arrived: `SIGINT`, `SIGTERM`. */
  constructor(signalName: string) {
    super(`Interrupted by ${signalName}`, { exitCode: ExitCode.INTERRUPTED });
  }
}

/**
 * Whoever read our output has gone, as in `broker stream … | head`.
 *
 * The command ends quietly and with 0: the reader has all that it asked for.
 */
export class OutputClosedError extends CommandError {
  override readonly name = "OutputClosedError";

  constructor(options?: ErrorOptions) {
    super("Nobody reads the output any more", { ...options, exitCode: ExitCode.DONE });
  }
}
