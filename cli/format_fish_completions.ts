import {
  type Candidates,
  type CommandCompletion,
  type FlagCompletion,
  listGlobalFlags,
} from "./list_completions.ts";
import { PROGRAM_NAME } from "./version.ts";

/** A completion script for fish 3 and later. */
export function formatFishCompletions(commands: readonly CommandCompletion[]): string {
  const lines = [
    `# fish completion of ${PROGRAM_NAME}, written by "${PROGRAM_NAME} completions fish"`,
    `complete -c ${PROGRAM_NAME} -f`,
  ];
  for (const flag of listGlobalFlags()) {
    lines.push(formatFlag("__fish_use_subcommand", flag));
  }
  for (const { name, summary } of commands) {
    lines.push(complete("__fish_use_subcommand", `-a ${name} -d ${quote(summary)}`));
  }
  for (const command of commands) {
    const condition = `__fish_seen_subcommand_from ${command.name}`;
    for (const flag of command.flags) lines.push(formatFlag(condition, flag));
    // Which argument it is takes counting; offering what any of them takes does not.
    for (const { value } of command.arguments) {
      const offer = formatOffer(value);
      if (offer !== "") lines.push(complete(condition, offer));
    }
  }
  return `${lines.join("\n")}\n`;
}

function formatFlag(condition: string, flag: FlagCompletion): string {
  const letter = flag.short === undefined ? "" : `-s ${flag.short} `;
  const offer = flag.value === undefined ? "" : ` ${formatValue(flag.value)}`;
  return complete(condition, `${letter}-l ${flag.name}${offer} -d ${quote(flag.help)}`);
}

function complete(condition: string, what: string): string {
  return `complete -c ${PROGRAM_NAME} -n '${condition}' ${what}`;
}

/** Of a flag: `-x` wants a value and offers no files, `-r` wants one and `-F` offers files. */
function formatValue(candidates: Candidates): string {
  return candidates.kind === "files" ? "-rF" : `-x ${formatOffer(candidates)}`.trimEnd();
}

function formatOffer(candidates: Candidates): string {
  switch (candidates.kind) {
    case "words":
      return `-a ${quote(candidates.words.join(" "))}`;
    case "files":
      return "-F";
    case "folders":
      return `-a '(__fish_complete_directories)'`;
    case "none":
      return "";
  }
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
