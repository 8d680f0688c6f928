import type {
  CommandSpec,
  FlagTable,
  ParsedFlags,
  ParsedPositionals,
  PositionalTable,
} from "./command_spec.ts";
import type { KnownError } from "./describe_failure.ts";
import { ExitCode } from "./exit_code.ts";
import { formatCommandHelp } from "./format_help.ts";
import type { GlobalFlags } from "./global_flags.ts";
import type { Io } from "./io.ts";
import { parseArguments } from "./parse_arguments.ts";
import { runGuarded } from "./run_guarded.ts";
import { createTalk, type Talk } from "./talk.ts";
import { formatVersion } from "./version.ts";

/** A command that can be run: from `main.ts`, or from a test with `testIo()`. */
export interface Command {
  readonly spec: CommandSpec;
  /** Returns the exit code; output is flushed. Never throws. */
  run(args: readonly string[], io: Io): Promise<number>;
}

/** What the work of a command is given. */
export interface CommandContext<Flags extends FlagTable, Positionals extends PositionalTable> {
  /** Defaults are filled in. */
  readonly flags: ParsedFlags<Flags>;
  readonly positionals: ParsedPositionals<Positionals>;
  readonly globals: ParsedFlags<GlobalFlags>;
  /** The properties of the flags that were given on the command line. */
  readonly given: ReadonlySet<string>;
  readonly io: Io;
  readonly talk: Talk;
}

/** Options of `createCommand()`. */
export interface CommandOptions {
  /** Errors of other layers whose message is a sentence for the user. */
  readonly knownErrors?: readonly KnownError[];
}

/**
 * Makes a command of its spec and its work.
 *
 * Parsing, `--help`, errors and flushing are done here; `work` returns the exit code, and what it throws is reported.
 *
 * @example
 * ```ts
 * export const serveCommand = createCommand(serveSpec, async ({ flags, io, talk }) => {
 *   talk.say(`Listening on port ${flags.port}`);
 *   return ExitCode.DONE;
 * }, { knownErrors: [knownError(ListenError)] });
 * ```
 */
export function createCommand<Flags extends FlagTable, Positionals extends PositionalTable>(
  spec: CommandSpec<Flags, Positionals>,
  work: (context: CommandContext<Flags, Positionals>) => Promise<number>,
  options?: CommandOptions,
): Command {
  return {
    spec,
    run: (args, io) =>
      runGuarded(args, io, options?.knownErrors ?? [], async () => {
        const parsed = parseArguments(spec, args);
        if (parsed.asked !== "run") return printAsked(parsed.asked, spec, io);
        return await work({ ...parsed, io, talk: createTalk(io, parsed.globals) });
      }),
  };
}

/** Prints what `--help` or `--version` asks for. */
export function printAsked(asked: "help" | "version", spec: CommandSpec, io: Io): number {
  io.stdout.write(asked === "help" ? formatCommandHelp(spec) : formatVersion(Deno.version.deno));
  return ExitCode.DONE;
}
