import type { CommandSpec, FlagSpec, FlagTable, ValueFlag } from "./command_spec.ts";
import { GLOBAL_FLAGS } from "./global_flags.ts";
import { PROGRAM_NAME } from "./version.ts";

/** Columns of a help text; fits the narrowest usual terminal. */
const HELP_COLUMNS = 80;
/** A left column wider than this gets a line of its own. */
const MAX_LEFT_COLUMNS = 30;

/** `broker serve`; for the program itself, whose spec has no name, `broker`. */
export function commandLine(spec: CommandSpec): string {
  return spec.name === "" ? PROGRAM_NAME : `${PROGRAM_NAME} ${spec.name}`;
}

/** `broker serve [proto] [flags]`. */
export function usageLine(spec: CommandSpec): string {
  const positionals = Object.values(spec.positionals)
    .map(({ label, required }) => required ? `<${label}>` : `[${label}]`);
  return [commandLine(spec), ...positionals, "[flags]"].join(" ");
}

/** The help of one command: usage, arguments, flags with defaults and units, examples. */
export function formatCommandHelp(spec: CommandSpec): string {
  const blocks = [`${spec.summary}.`, `Usage: ${usageLine(spec)}`];
  if (spec.description !== undefined) blocks.push(wrap(spec.description, HELP_COLUMNS).join("\n"));
  const positionals = Object.values(spec.positionals).map((positional): Row => ({
    left: positional.required ? `<${positional.label}>` : `[${positional.label}]`,
    right: withNotes(positional.help, [defaultNote(positional.default)]),
  }));
  if (positionals.length > 0) blocks.push(formatRows("Arguments", positionals));
  const table: FlagTable = { ...spec.flags, ...GLOBAL_FLAGS };
  for (const [group, flags] of groupFlags(table)) {
    blocks.push(formatRows(group, flags.map(describeFlag)));
  }
  const units = describeUnits(Object.values(table));
  if (units.length > 0) blocks.push(units.join("\n"));
  blocks.push(formatExamples(spec));
  return `${blocks.join("\n\n")}\n`;
}

/** The help of the program: its commands, one line each. */
export function formatProgramHelp(summary: string, specs: readonly CommandSpec[]): string {
  const commands = specs.map(({ name, summary }): Row => ({ left: name, right: summary }));
  const globals = Object.values(GLOBAL_FLAGS).map(describeFlag);
  return [
    `${summary}.`,
    `Usage: ${PROGRAM_NAME} <command> [arguments] [flags]`,
    formatRows("Commands", commands),
    formatRows("Global flags", globals),
    `"${PROGRAM_NAME} <command> --help" explains a command, with examples.\n`,
  ].join("\n\n");
}

interface Row {
  readonly left: string;
  readonly right: string;
}

function groupFlags(table: FlagTable): Map<string, FlagSpec[]> {
  const groups = new Map<string, FlagSpec[]>();
  for (const flag of Object.values(table)) {
    const group = flag.group ?? "Flags";
    groups.set(group, [...groups.get(group) ?? [], flag]);
  }
  return groups;
}

function describeFlag(flag: FlagSpec): Row {
  const letter = flag.short === undefined ? "    " : `-${flag.short}, `;
  const value = flag.kind === "boolean" ? "" : ` ${placeholderOf(flag)}`;
  return { left: `${letter}--${flag.name}${value}`, right: withNotes(flag.help, notesOf(flag)) };
}

const KIND_PLACEHOLDERS = {
  string: "text",
  integer: "n",
  number: "x",
  duration: "time",
  size: "size",
} as const satisfies Partial<Record<FlagSpec["kind"], string>>;

/** How the value of a flag is shown: `<n>`, `table|csv|jsonl`. */
export function placeholderOf(flag: ValueFlag): string {
  if (flag.placeholder !== undefined) return `<${flag.placeholder}>`;
  return flag.kind === "choice" ? flag.choices.join("|") : `<${KIND_PLACEHOLDERS[flag.kind]}>`;
}

function notesOf(flag: FlagSpec): (string | undefined)[] {
  if (flag.kind === "boolean") return [];
  const isPlainNumber = flag.kind === "integer" || flag.kind === "number";
  const { minimum = 0, maximum = Infinity } = isPlainNumber ? flag : {};
  const hasRange = isPlainNumber && (minimum !== 0 || maximum !== Infinity);
  return [
    hasRange ? formatRange(minimum, maximum) : undefined,
    defaultNote(flag.defaultNote ?? flag.default),
    flag.repeatable ? "repeatable" : undefined,
  ];
}

function formatRange(minimum: number, maximum: number): string {
  return maximum === Infinity ? `at least ${minimum}` : `${minimum} to ${maximum}`;
}

function defaultNote(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `default: ${text}`;
}

function withNotes(help: string, notes: readonly (string | undefined)[]): string {
  const present = notes.filter((note) => note !== undefined);
  return present.length === 0 ? help : `${help} (${present.join("; ")})`;
}

function describeUnits(flags: readonly FlagSpec[]): string[] {
  const lines: string[] = [];
  if (flags.some(({ kind }) => kind === "duration")) {
    lines.push("Durations: 10 (seconds), 500ms, 10s, 2m, 1h.");
  }
  if (flags.some(({ kind }) => kind === "size")) {
    lines.push("Sizes: 65536 (octets), 64KiB, 4MiB (powers of 1024), 4MB (powers of 1000).");
  }
  return lines;
}

function formatExamples(spec: CommandSpec): string {
  const lines = spec.examples.flatMap(({ command, help }) => [`  ${command}`, `      ${help}`]);
  return ["Examples:", ...lines].join("\n");
}

function formatRows(title: string, rows: readonly Row[]): string {
  const widths = rows.map(({ left }) => left.length).filter((width) => width <= MAX_LEFT_COLUMNS);
  const leftColumns = Math.max(...widths, 0) + 4;
  const lines = rows.flatMap(({ left, right }) => {
    const wrapped = wrap(right, HELP_COLUMNS - leftColumns);
    const indented = wrapped.map((line) => " ".repeat(leftColumns) + line);
    const head = `  ${left}`;
    if (left.length > MAX_LEFT_COLUMNS) return [head, ...indented];
    return [head.padEnd(leftColumns) + (wrapped[0] ?? ""), ...indented.slice(1)];
  });
  return [`${title}:`, ...lines].join("\n");
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
