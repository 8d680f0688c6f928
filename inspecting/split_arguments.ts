import { UsageError } from "../cli/command_error.ts";

/** `pkg.Service`, `/pkg.Service/Method`, `.pkg.Message`. */
const NAME = /^[./]?[A-Za-z_]\w*(?:[./][A-Za-z_]\w*)*$/;

/** What other tools take as an argument, and here a flag names. */
const FILES = [[/\.proto$/i, "--proto"], [/\.(?:binpb|protoset)$/i, "--protoset"]] as const;

/** What a command is to look into, and at what in there. */
export interface TargetAndName {
  /** Undefined for the default one. */
  readonly target: string | undefined;
  readonly name: string | undefined;
}

/**
 * Tells `TARGET NAME` from `TARGET` and from `NAME`: every target has a colon (`host:port`, `unix:/path`,
 * `https://host`), and no name of a service, method or message has one. What can be neither (`127.0.0.1`) is taken for a
 * target, so that the error says what one looks like.
 *
 * @throws UsageError for the name of a file
 */
export function splitArguments(
  first: string | undefined,
  second: string | undefined,
): TargetAndName {
  for (const text of [first, second]) checkFile(text);
  // Written the other way round, as it is read aloud: the colon tells which is which.
  if (first !== undefined && isName(first) && second?.includes(":")) {
    return { target: second, name: first };
  }
  if (first === undefined || second !== undefined || !isName(first)) {
    return { target: first, name: second };
  }
  return { target: undefined, name: first };
}

function checkFile(text: string | undefined): void {
  if (text === undefined || text.includes(":")) return;
  for (const [pattern, flag] of FILES) {
    if (!pattern.test(text)) continue;
    throw new UsageError(`Cannot use the argument "${text}": a file of that kind follows ${flag}`);
  }
}

function isName(text: string): boolean {
  return NAME.test(text) && text !== "localhost";
}
