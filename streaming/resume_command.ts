import type { CommandSpec, FlagSpec, FlagTable } from "../cli/mod.ts";

/** A command line as it was parsed. */
export interface GivenCommand {
  readonly spec: CommandSpec;
  readonly flags: Readonly<Record<string, unknown>>;
  readonly positionals: Readonly<Record<string, string | undefined>>;
  /** The properties of the flags that were given. */
  readonly given: ReadonlySet<string>;
}

/** The command that goes on where this one ended: the same, since the checkpoint says where that was. */
export function formatCommand({ spec, flags, positionals, given }: GivenCommand): string {
  const words = ["broker", spec.name];
  for (const key of Object.keys(spec.positionals)) {
    const text = positionals[key];
    if (text !== undefined) words.push(quoteWord(text));
  }
  const table: FlagTable = spec.flags;
  for (const [key, flag] of Object.entries(table)) {
    if (given.has(key)) words.push(...formatFlag(flag, flags[key]));
  }
  return words.join(" ");
}

function formatFlag(flag: FlagSpec, value: unknown): string[] {
  const name = `--${flag.name}`;
  if (flag.kind === "boolean") return [name];
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const unit = flag.kind === "duration" ? "ms" : "";
  return values.flatMap((single) => [name, quoteWord(`${single}${unit}`)]);
}

/** As a POSIX shell takes it. */
function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
