import { type Command, printAsked } from "./command.ts";
import { UsageError } from "./command_error.ts";
import { type CommandSpec, defineCommand } from "./command_spec.ts";
import { ExitCode } from "./exit_code.ts";
import { formatCommandHelp, formatProgramHelp } from "./format_help.ts";
import type { Io } from "./io.ts";
import { nearestName } from "./nearest_name.ts";
import { parseArguments } from "./parse_arguments.ts";
import { runGuarded } from "./run_guarded.ts";
import { formatVersion, PROGRAM_NAME } from "./version.ts";

/** One row of the command table. */
export interface CommandEntry {
  /** As in its spec. */
  readonly name: string;
  /** Imports the spec; called for help, and to parse the arguments. */
  loadSpec(): Promise<CommandSpec>;
  /** Imports the command; not called for help, nor for arguments that do not parse. */
  load(): Promise<Command>;
}

/** The whole command line. */
export interface Program {
  /** One phrase, no final period. */
  readonly summary: string;
  readonly commands: readonly CommandEntry[];
}

/** The specs of all commands, in the order of the table. */
export function loadSpecs(program: Program): Promise<CommandSpec[]> {
  return Promise.all(program.commands.map((entry) => entry.loadSpec()));
}

/** What may stand before the name of a command: the global flags, no more. */
const PROGRAM_SPEC = defineCommand({
  name: "",
  summary: "",
  positionals: {},
  flags: {},
  examples: [],
});

/**
 * Runs `broker` with its arguments and returns the exit code; output is flushed. Never throws.
 *
 * Global flags may stand before or after the command's name.
 */
export function runProgram(program: Program, args: readonly string[], io: Io): Promise<number> {
  return runGuarded(args, io, [], async () => {
    const nameAt = args.findIndex((arg) => !arg.startsWith("-"));
    const leading = nameAt < 0 ? args : args.slice(0, nameAt);
    const asked = parseArguments(PROGRAM_SPEC, leading).asked;
    const name = args[nameAt];
    const rest = args.slice(nameAt + 1);
    if (asked === "version") return print(formatVersion(Deno.version.deno), io);
    if (name === undefined) {
      const help = await programHelp(program);
      if (asked === "help") return print(help, io);
      io.stderr.write(help);
      return ExitCode.USAGE;
    }
    if (name === "help") return await printHelp(program, rest, io);
    const entry = findCommand(program, name);
    return await runCommand(entry, [...leading, ...rest], io);
  });
}

async function runCommand(entry: CommandEntry, args: readonly string[], io: Io): Promise<number> {
  // Parsed here and again in the command: a mistake or a call for help must not wait for the command's imports.
  const spec = await entry.loadSpec();
  const { asked } = parseArguments(spec, args);
  if (asked !== "run") return printAsked(asked, spec, io);
  const command = await entry.load();
  return await command.run(args, io);
}

async function printHelp(program: Program, args: readonly string[], io: Io): Promise<number> {
  const name = args.find((arg) => !arg.startsWith("-"));
  const help = name === undefined
    ? await programHelp(program)
    : formatCommandHelp(await findCommand(program, name).loadSpec());
  return print(help, io);
}

async function programHelp(program: Program): Promise<string> {
  return formatProgramHelp(program.summary, await loadSpecs(program));
}

function findCommand(program: Program, name: string): CommandEntry {
  const entry = program.commands.find((entry) => entry.name === name);
  if (entry !== undefined) return entry;
  const nearest = nearestName(name, program.commands.map((entry) => entry.name));
  throw new UsageError(
    nearest === undefined
      ? `Unknown command "${name}": "${PROGRAM_NAME} --help" lists the commands`
      : `Unknown command "${name}": did you mean "${PROGRAM_NAME} ${nearest}"?`,
  );
}

function print(text: string, io: Io): number {
  io.stdout.write(text);
  return ExitCode.DONE;
}
