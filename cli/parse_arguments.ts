import { UsageError } from "./command_error.ts";
import type {
  CommandSpec,
  FlagSpec,
  FlagTable,
  ParsedFlags,
  ParsedPositionals,
  PositionalTable,
  ValueFlag,
} from "./command_spec.ts";
import { readFlagValue } from "./flag_values.ts";
import { GLOBAL_CONTRADICTIONS, GLOBAL_FLAGS, type GlobalFlags } from "./global_flags.ts";
import { type FlagToken, readTokens } from "./read_tokens.ts";
import { commandLine, usageLine } from "./format_help.ts";

/** What a command line asks for. */
export type ParsedArguments<Flags extends FlagTable, Positionals extends PositionalTable> =
  | { readonly asked: "help" | "version" }
  | {
    readonly asked: "run";
    /** The command's own flags, defaults filled in. */
    readonly flags: ParsedFlags<Flags>;
    readonly positionals: ParsedPositionals<Positionals>;
    readonly globals: ParsedFlags<GlobalFlags>;
    /** The properties of the flags that were given, whatever their values. */
    readonly given: ReadonlySet<string>;
  };

/**
 * Parses the arguments of a command.
 *
 * Flags stand before or after the positionals: `--flag=value`, `--flag value`, `-f value`, `-f=value`, and `-flag` as
 * grpcurl has it. `--` ends the flags, and a lone `-` is a positional. `--help` wins over any mistake.
 *
 * @throws UsageError that names the flag or argument at fault.
 */
export function parseArguments<Flags extends FlagTable, Positionals extends PositionalTable>(
  spec: CommandSpec<Flags, Positionals>,
  args: readonly string[],
): ParsedArguments<Flags, Positionals> {
  const table: FlagTable = { ...spec.flags, ...GLOBAL_FLAGS };
  const { tokens, positionals, problem } = readTokens(commandLine(spec), table, args);
  const flagTokens = groupTokens(tokens);
  if (flagTokens.has("help")) return { asked: "help" };
  if (problem !== undefined) throw problem;
  if (flagTokens.has("version")) return { asked: "version" };
  checkContradictions(spec, table, flagTokens);
  return {
    asked: "run",
    flags: readValues(spec.flags, flagTokens),
    globals: readValues(GLOBAL_FLAGS, flagTokens),
    positionals: assignPositionals(spec, positionals),
    given: new Set(flagTokens.keys()),
  };
}

/** Tokens by property. `--flag=false` counts as not given. */
function groupTokens(tokens: readonly FlagToken[]): Map<string, FlagToken[]> {
  const groups = new Map<string, FlagToken[]>();
  for (const token of tokens) {
    if (token.flag.kind === "boolean" && token.text === "false") continue;
    const group = groups.get(token.key);
    if (group === undefined) groups.set(token.key, [token]);
    else group.push(token);
  }
  return groups;
}

function checkContradictions(
  spec: CommandSpec,
  table: FlagTable,
  given: ReadonlyMap<string, unknown>,
): void {
  for (const [one, other] of [...GLOBAL_CONTRADICTIONS, ...spec.contradictions ?? []]) {
    if (!given.has(one) || !given.has(other)) continue;
    throw new UsageError(
      `Cannot combine --${table[one]?.name} with --${table[other]?.name}: give only one of them`,
    );
  }
}

function readValues<Flags extends FlagTable>(
  table: Flags,
  given: ReadonlyMap<string, readonly FlagToken[]>,
): ParsedFlags<Flags> {
  const values = Object.entries(table).map((
    [key, flag],
  ) => [key, valueOf(flag, given.get(key) ?? [])]);
  // One value for each key of the table that the type is derived from.
  return Object.fromEntries(values) as ParsedFlags<Flags>;
}

function valueOf(flag: FlagSpec, tokens: readonly FlagToken[]): unknown {
  if (flag.kind === "boolean") return tokens.length > 0;
  const values = tokens.map((token) => readValue(flag, token.written, token.text));
  if (flag.repeatable) return values;
  const [first, second] = tokens;
  if (first !== undefined && second !== undefined && first.text !== second.text) {
    throw new UsageError(
      `Cannot take ${second.written} twice: "${first.text}" and "${second.text}" contradict each other`,
    );
  }
  if (values.length > 0) return values[0];
  return flag.default === undefined ? undefined : readValue(flag, `--${flag.name}`, flag.default);
}

function readValue(
  flag: ValueFlag,
  written: string,
  text: string,
): string | number {
  const read = readFlagValue(flag, text);
  if (read.ok) return read.value;
  throw new UsageError(`Cannot use ${written} "${text}": want ${read.wanted}`);
}

function assignPositionals<Positionals extends PositionalTable>(
  spec: CommandSpec<FlagTable, Positionals>,
  texts: readonly string[],
): ParsedPositionals<Positionals> {
  const entries = Object.entries(spec.positionals);
  const surplus = texts[entries.length];
  if (surplus !== undefined) {
    throw new UsageError(`Cannot take the argument "${surplus}": usage is ${usageLine(spec)}`);
  }
  const values: Record<string, string | undefined> = {};
  for (const [index, [key, positional]] of entries.entries()) {
    const text = texts[index];
    if (text === undefined && positional.required) {
      throw new UsageError(
        `Argument <${positional.label}> is missing: usage is ${usageLine(spec)}`,
      );
    }
    values[key] = text ?? positional.default;
  }
  // As for the flags: one value for each key of the table.
  return values as ParsedPositionals<Positionals>;
}
