import { UsageError } from "./command_error.ts";
import type { FlagSpec, FlagTable } from "./command_spec.ts";
import { FOREIGN_FLAGS } from "./foreign_flags.ts";
import { placeholderOf } from "./format_help.ts";
import { nearestName } from "./nearest_name.ts";

/** One flag as it was found on the command line. */
export interface FlagToken {
  /** The property of the flag. */
  readonly key: string;
  readonly flag: FlagSpec;
  /** As the user wrote it, without a value: `-o`, `--port`. */
  readonly written: string;
  /** The value; `true` or `false` for a boolean. */
  readonly text: string;
}

/** A command line taken apart, values not yet read. */
export interface Tokens {
  readonly tokens: readonly FlagToken[];
  readonly positionals: readonly string[];
  /** The first mistake; reading goes on after it, so that `--help` is found. */
  readonly problem: UsageError | undefined;
}

/** Takes a command line apart. Never throws. */
export function readTokens(command: string, table: FlagTable, args: readonly string[]): Tokens {
  const reader = new TokenReader(command, table);
  const tokens: FlagToken[] = [];
  const positionals: string[] = [];
  let problem: UsageError | undefined;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      positionals.push(...args.slice(at + 1));
      break;
    }
    if (arg === "-" || !arg.startsWith("-")) {
      positionals.push(arg);
      continue;
    }
    const found = reader.read(arg, args[at + 1]);
    if (found instanceof UsageError) {
      problem ??= found;
      continue;
    }
    tokens.push(found.token);
    if (found.tookNext) at++;
  }
  return { tokens, positionals, problem };
}

interface Entry {
  readonly key: string;
  readonly flag: FlagSpec;
}

/** Reads one flag at a time. */
class TokenReader {
  readonly #command: string;
  readonly #byName = new Map<string, Entry>();
  readonly #byLetter = new Map<string, Entry>();

  constructor(command: string, table: FlagTable) {
    this.#command = command;
    for (const [key, flag] of Object.entries(table)) {
      this.#byName.set(flag.name, { key, flag });
      if (flag.short !== undefined) this.#byLetter.set(flag.short, { key, flag });
    }
  }

  read(
    arg: string,
    next: string | undefined,
  ): { readonly token: FlagToken; readonly tookNext: boolean } | UsageError {
    const equals = arg.indexOf("=");
    const written = equals < 0 ? arg : arg.slice(0, equals);
    const inline = equals < 0 ? undefined : arg.slice(equals + 1);
    const entry = this.#find(written);
    if (entry === undefined) return this.#unknown(written);
    if (entry.flag.kind === "boolean") {
      if (inline !== undefined && inline !== "true" && inline !== "false") {
        return new UsageError(`Cannot use ${written}="${inline}": the flag takes no value`);
      }
      return { token: { ...entry, written, text: inline ?? "true" }, tookNext: false };
    }
    if (inline !== undefined) {
      return { token: { ...entry, written, text: inline }, tookNext: false };
    }
    if (next === undefined) {
      return new UsageError(
        `Flag ${written} lacks its value: write ${written} ${placeholderOf(entry.flag)}`,
      );
    }
    if (next.startsWith("--") || this.#find(next) !== undefined) {
      return new UsageError(
        `Flag ${written} lacks its value: "${next}" is the next flag (if it is meant as the value, write ${written}=${next})`,
      );
    }
    return { token: { ...entry, written, text: next }, tookNext: true };
  }

  #find(written: string): Entry | undefined {
    if (written.startsWith("--")) return this.#byName.get(written.slice(2));
    if (!written.startsWith("-")) return undefined;
    const body = written.slice(1);
    return body.length === 1 ? this.#byLetter.get(body) : this.#byName.get(body);
  }

  #has(name: string): boolean {
    return this.#byName.has(name) || this.#byLetter.has(name);
  }

  #unknown(written: string): UsageError {
    const attached = written.startsWith("--") ? undefined : this.#byLetter.get(written[1] ?? "");
    const nearest = nearestName(written.replace(/^-+/, ""), this.#byName.keys());
    const failed = `Unknown flag "${written}" of "${this.#command}"`;
    const here = FOREIGN_FLAGS.get(written.replace(/^-+/, ""));
    // What the flag is called here must be one of this command.
    const flag = here === undefined ? undefined : /^-+([\w-]+)/.exec(here)?.[1];
    if (here !== undefined && (flag === undefined || this.#has(flag))) {
      return new UsageError(`${failed}: write ${here}`);
    }
    if (nearest !== undefined) return new UsageError(`${failed}: did you mean "--${nearest}"?`);
    if (attached !== undefined && attached.flag.kind !== "boolean") {
      const letter = written.slice(0, 2);
      return new UsageError(`${failed}: did you mean "${letter} ${written.slice(2)}"?`);
    }
    return new UsageError(`${failed}: "${this.#command} --help" lists the flags`);
  }
}
