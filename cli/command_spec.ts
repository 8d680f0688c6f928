import type { GlobalFlags } from "./global_flags.ts";

interface FlagBase {
  /** Without dashes: `max-msg-sz`. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly short?: string;
  /** What stands for the value in the help; each kind has its own default. */
  readonly placeholder?: string;
  /** One phrase, no final period; the default is added to it. */
  readonly help: string;
  /** Heading in the help; default `Flags`. */
  readonly group?: string;
}

/** Fields of the kinds that take a value. */
interface ValueFlagBase extends FlagBase {
  /** The default as a user would write it; parsed like any value and shown in the help. */
  readonly default?: string;
  /** In place of `default` in the help, where the default is decided at run time. */
  readonly defaultNote?: string;
  /** May be given several times; the value is then an array, empty by default. */
  readonly repeatable?: true;
}

interface NumericFlagBase extends ValueFlagBase {
  /** Bounds, inclusive, in the unit of the value (ms, octets). Default: 0 and up; a duration at most 24.8 days. */
  readonly minimum?: number;
  readonly maximum?: number;
}

/** `--plaintext`. False unless given. */
export interface BooleanFlag extends FlagBase {
  readonly kind: "boolean";
}

/** Any text. */
export interface StringFlag extends ValueFlagBase {
  readonly kind: "string";
}

/** `integer` and `number` as they are, `duration` in ms, `size` in octets. */
export interface NumericFlag extends NumericFlagBase {
  readonly kind: "integer" | "number" | "duration" | "size";
}

/** One of a few words. */
export interface ChoiceFlag extends ValueFlagBase {
  readonly kind: "choice";
  readonly choices: readonly string[];
}

/** One flag of a command. */
export type FlagSpec = BooleanFlag | StringFlag | NumericFlag | ChoiceFlag;

/** A flag that takes a value. */
export type ValueFlag = Exclude<FlagSpec, BooleanFlag>;

/** Flags by the property that holds the parsed value, unit in its name: `connectTimeoutMs`. */
export type FlagTable = Readonly<Record<string, FlagSpec>>;

/** An argument that is not a flag. */
export interface PositionalSpec {
  /** As shown in the usage line: `file.csv | -`. */
  readonly label: string;
  readonly help: string;
  readonly required?: true;
  readonly default?: string;
}

/** Arguments by the property that holds them, in the order of the command line; required ones come first. */
export type PositionalTable = Readonly<Record<string, PositionalSpec>>;

/** All that parsing and help need to know of a command; plain data. */
export interface CommandSpec<
  Flags extends FlagTable = FlagTable,
  Positionals extends PositionalTable = PositionalTable,
> {
  readonly name: string;
  /** One phrase, no final period. */
  readonly summary: string;
  /** Further paragraphs of the help. */
  readonly description?: string;
  readonly positionals: Positionals;
  readonly flags: Flags;
  /** Pairs of flags, by property, that must not be given together. */
  readonly contradictions?: readonly (readonly [string, string])[];
  /** At least two. */
  readonly examples: readonly CommandExample[];
}

/** One example of the help. */
export interface CommandExample {
  readonly command: string;
  /** What it does, without a final period. */
  readonly help: string;
}

/** Narrows `contradictions` to flags that exist: the command's own and the global ones. */
interface CheckedPairs<Flags extends FlagTable> {
  readonly contradictions?: readonly (readonly [FlagKey<Flags>, FlagKey<Flags>])[];
}

type FlagKey<Flags extends FlagTable> = Extract<keyof Flags | keyof GlobalFlags, string>;

type SingleValue<Flag extends FlagSpec> = Flag extends { kind: "boolean" } ? boolean
  : Flag extends { kind: "string" } ? string
  : Flag extends { kind: "choice"; choices: readonly (infer Choice)[] } ? Choice
  : number;

type FlagValue<Flag extends FlagSpec> = Flag extends { repeatable: true }
  ? readonly SingleValue<Flag>[]
  : Flag extends { kind: "boolean" } | { default: string } ? SingleValue<Flag>
  : SingleValue<Flag> | undefined;

/** The values of a table of flags: a flag without a default may be `undefined`. */
export type ParsedFlags<Flags extends FlagTable> = {
  readonly [Key in keyof Flags]: FlagValue<Flags[Key]>;
};

/** The values of a table of arguments. */
export type ParsedPositionals<Positionals extends PositionalTable> = {
  readonly [Key in keyof Positionals]: Positionals[Key] extends
    { required: true } | { default: string } ? string : string | undefined;
};

/**
 * Returns the spec as it is, and lets its flags be known to the type checker by name and kind.
 *
 * @example
 * ```ts
 * const spec = defineCommand({
 *   name: "greet",
 *   summary: "Greet somebody",
 *   positionals: { whom: { label: "whom", help: "Who is greeted", required: true } },
 *   flags: { waitMs: { name: "wait", kind: "duration", default: "1s", help: "Time before it" } },
 *   examples: [],
 * });
 * ```
 */
export function defineCommand<
  const Flags extends FlagTable,
  const Positionals extends PositionalTable,
>(spec: CommandSpec<Flags, Positionals> & CheckedPairs<Flags>): CommandSpec<Flags, Positionals> {
  return spec;
}
