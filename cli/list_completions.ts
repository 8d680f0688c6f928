import type { CommandSpec, FlagSpec, FlagTable, PositionalSpec } from "./command_spec.ts";
import { GLOBAL_FLAGS } from "./global_flags.ts";

/** What a shell offers for a value. */
export type Candidates =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** Files and folders; folders alone. */
  | { readonly kind: "files" | "folders" }
  /** Anything: a number, a name, a host. */
  | { readonly kind: "none" };

/** A flag as a shell sees it. */
export interface FlagCompletion {
  readonly name: string;
  readonly short: string | undefined;
  readonly help: string;
  readonly isRepeatable: boolean;
  /** Of its value; undefined for a flag without one. */
  readonly value: Candidates | undefined;
}

/** An argument as a shell sees it. */
export interface ArgumentCompletion {
  readonly label: string;
  readonly help: string;
  readonly value: Candidates;
}

/** A command as a shell sees it. */
export interface CommandCompletion {
  readonly name: string;
  readonly summary: string;
  readonly flags: readonly FlagCompletion[];
  readonly arguments: readonly ArgumentCompletion[];
}

/** All that can be completed, by command: the table of the commands, and `help`. */
export function listCompletions(specs: readonly CommandSpec[]): CommandCompletion[] {
  const commands = specs.map((spec): CommandCompletion => ({
    name: spec.name,
    summary: spec.summary,
    flags: listFlags({ ...spec.flags, ...GLOBAL_FLAGS }),
    arguments: Object.values(spec.positionals).map((positional) => ({
      label: positional.label,
      help: positional.help,
      value: ofPositional(positional),
    })),
  }));
  const words = specs.map(({ name }) => name);
  const help = {
    name: "help",
    summary: "Print the help of a command",
    flags: [],
    arguments: [{
      label: "command",
      help: "The command",
      value: { kind: "words" as const, words },
    }],
  };
  return [...commands, help];
}

/** The flags that may stand before a command. */
export function listGlobalFlags(): FlagCompletion[] {
  return listFlags(GLOBAL_FLAGS);
}

function listFlags(table: FlagTable): FlagCompletion[] {
  return Object.values(table).map((flag) => ({
    name: flag.name,
    short: flag.short,
    help: flag.help,
    isRepeatable: flag.kind !== "boolean" && flag.repeatable === true,
    value: ofFlag(flag),
  }));
}

function ofFlag(flag: FlagSpec): Candidates | undefined {
  switch (flag.kind) {
    case "boolean":
      return undefined;
    case "choice":
      return { kind: "words", words: flag.choices };
    default:
      return ofPlaceholder(flag.placeholder ?? "");
  }
}

/** `bash|zsh|fish` are words to choose from, `file.csv|-` and `proto` are files. */
function ofPositional({ label }: PositionalSpec): Candidates {
  return /^\w+(?:\|\w+)+$/.test(label)
    ? { kind: "words", words: label.split("|") }
    : ofPlaceholder(label);
}

function ofPlaceholder(text: string): Candidates {
  if (/^(?:dir|folder)\b/.test(text)) return { kind: "folders" };
  return /^(?:file|proto|path)\b/.test(text) ? { kind: "files" } : { kind: "none" };
}
