import type { CommandExample, CommandSpec, FlagSpec, FlagTable } from "./command_spec.ts";
import { ExitCode } from "./exit_code.ts";
import { placeholderOf, usageLine } from "./format_help.ts";
import { GLOBAL_FLAGS } from "./global_flags.ts";
import { PROGRAM_NAME } from "./version.ts";

/** What each exit code says, in the order of the codes. */
const EXIT_CODES = {
  DONE: "All done, every row answered",
  FAILURE: "Runtime failure: I/O, a bad row, the connection",
  USAGE: "The command line is wrong; nothing was done",
  INCOMPLETE: "Finished, but rows or calls were rejected, failed or left unanswered",
  STATUS_BASE: "plus the code of the gRPC status that a call ended with: 69 is NOT_FOUND",
  THRESHOLD: "A `--fail-if` threshold failed",
  INTERRUPTED: "Interrupted, after flushing what is there",
} as const satisfies Record<keyof typeof ExitCode, string>;

/** What a value of each kind looks like. */
const KIND_NOTES = {
  boolean: "",
  string: "",
  integer: "integer",
  number: "number",
  duration: "duration",
  size: "size",
  choice: "",
} as const satisfies Record<FlagSpec["kind"], string>;

/** The reference of the command line, in Markdown: every command with its arguments, flags and examples. */
export function formatReference(summary: string, specs: readonly CommandSpec[]): string {
  const commands = specs.map(({ name, summary }) => [
    `[\`${PROGRAM_NAME} ${name}\`](#${PROGRAM_NAME}-${name})`,
    escapeText(summary),
  ]);
  return [
    "# The command line",
    "<!-- Written by `deno task docs` from the command table; changes belong into cli/commands/. -->",
    `${summary}. \`${PROGRAM_NAME} <command> --help\` prints what stands here.`,
    formatTable(["command", "what it does"], commands),
    "## Everywhere",
    "Data goes to stdout; progress, summaries and errors go to stderr. Flags stand before or after " +
    "arguments, as `--flag value` or `--flag=value`; `--` ends them. Durations: `10` (seconds), " +
    "`500ms`, `10s`, `2m`, `1h`. Sizes: `65536` (octets), `64KiB`, `4MiB` (powers of 1024), `4MB` " +
    "(powers of 1000).",
    formatFlags(Object.values(GLOBAL_FLAGS)),
    formatExitCodes(),
    ...specs.map(formatCommand),
  ].join("\n\n") + "\n";
}

function formatExitCodes(): string {
  const rows = Object.entries(EXIT_CODES).map(([name, meaning]) => {
    const code = ExitCode[name as keyof typeof EXIT_CODES];
    return [name === "STATUS_BASE" ? `${code} …` : String(code), meaning];
  });
  return formatTable(["exit code", "meaning"], rows);
}

function formatCommand(spec: CommandSpec): string {
  const blocks = [
    `## ${PROGRAM_NAME} ${spec.name}`,
    `${escapeText(spec.summary)}.`,
    `\`\`\`\n${usageLine(spec)}\n\`\`\``,
  ];
  if (spec.description !== undefined) blocks.push(escapeText(spec.description));
  const positionals = Object.values(spec.positionals);
  if (positionals.length > 0) {
    blocks.push(formatTable(
      ["argument", "default", "meaning"],
      positionals.map(({ label, required, default: fallback, help }) => [
        code(label),
        fallback === undefined ? (required ? "required" : "") : code(fallback),
        escapeText(help),
      ]),
    ));
  }
  for (const [group, flags] of groupFlags(spec.flags)) {
    blocks.push(`### ${group} of ${PROGRAM_NAME} ${spec.name}`, formatFlags(flags));
  }
  blocks.push(formatExamples(spec.examples));
  return blocks.join("\n\n");
}

function groupFlags(table: FlagTable): Map<string, FlagSpec[]> {
  return Map.groupBy(Object.values(table), ({ group }) => group ?? "Flags");
}

function formatFlags(flags: readonly FlagSpec[]): string {
  return formatTable(
    ["flag", "value", "default", "meaning"],
    flags.map((flag) => [
      [flag.short === undefined ? "" : code(`-${flag.short}`), code(`--${flag.name}`)]
        .filter((form) => form !== "").join(", "),
      flag.kind === "boolean" ? "" : describeValue(flag),
      flag.kind === "boolean" ? "" : describeDefault(flag),
      escapeText(flag.help) + (isRepeatable(flag) ? "; repeatable" : ""),
    ]),
  );
}

function isRepeatable(flag: FlagSpec): boolean {
  return flag.kind !== "boolean" && flag.repeatable === true;
}

function describeValue(flag: Exclude<FlagSpec, { kind: "boolean" }>): string {
  if (flag.kind === "choice") return flag.choices.map(code).join(", ");
  const kind = KIND_NOTES[flag.kind];
  return kind === "" ? code(placeholderOf(flag)) : kind + describeRange(flag);
}

function describeRange(flag: Exclude<FlagSpec, { kind: "boolean" }>): string {
  if (flag.kind !== "integer" && flag.kind !== "number") return "";
  const { minimum = 0, maximum = Infinity } = flag;
  if (maximum !== Infinity) return ` ${minimum} to ${maximum}`;
  return minimum === 0 ? "" : ` of at least ${minimum}`;
}

function describeDefault(flag: Exclude<FlagSpec, { kind: "boolean" }>): string {
  if (flag.defaultNote !== undefined) return escapeText(flag.defaultNote);
  return flag.default === undefined ? "" : code(flag.default);
}

function formatExamples(examples: readonly CommandExample[]): string {
  const lines = examples.map(({ command, help }) => `# ${help}\n${command}`);
  return `\`\`\`sh\n${lines.join("\n\n")}\n\`\`\``;
}

function formatTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const format = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [format(head), format(head.map(() => "---")), ...rows.map(format)].join("\n");
}

function code(text: string): string {
  return text.includes("`") ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** Text that Markdown would read as markup, as it is. */
function escapeText(text: string): string {
  return text.replace(/[\\`*_<>[\]]/g, "\\$&");
}
