import type { FlagTable } from "./command_spec.ts";

const GROUP = "Global flags";

/** The flags that every command takes, before or after its name. */
export const GLOBAL_FLAGS = {
  quiet: {
    name: "quiet",
    short: "q",
    kind: "boolean",
    group: GROUP,
    help: "Say nothing on stderr but errors",
  },
  verbose: {
    name: "verbose",
    short: "v",
    kind: "boolean",
    group: GROUP,
    help: "Say more, and print stack traces with errors",
  },
  help: {
    name: "help",
    short: "h",
    kind: "boolean",
    group: GROUP,
    help: "Print the help of the command",
  },
  version: {
    name: "version",
    kind: "boolean",
    group: GROUP,
    help: "Print the version",
  },
} as const satisfies FlagTable;

export type GlobalFlags = typeof GLOBAL_FLAGS;

/** Pairs of global flags that must not be given together. */
export const GLOBAL_CONTRADICTIONS = [["quiet", "verbose"]] as const;
