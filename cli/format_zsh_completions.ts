import {
  type Candidates,
  type CommandCompletion,
  type FlagCompletion,
  listGlobalFlags,
} from "./list_completions.ts";
import { PROGRAM_NAME } from "./version.ts";

/** A completion script for zsh 5: a file of `fpath`, or read with `source` after compinit. */
export function formatZshCompletions(commands: readonly CommandCompletion[]): string {
  const name = PROGRAM_NAME;
  return `#compdef ${name}
# zsh completion of ${name}, written by "${name} completions zsh"
_${name}() {
  local curcontext="$curcontext" state line ret=1
  typeset -A opt_args
  _arguments -C -s \\
${listGlobalFlags().flatMap(formatFlag).map((spec) => `    ${spec} \\`).join("\n")}
    '1: :->command' '*:: :->rest' && ret=0
  case $state in
    command)
      local -a commands=(
${commands.map(({ name, summary }) => `        ${quote(`${name}:${summary}`)}`).join("\n")}
      )
      _describe -t commands command commands && ret=0
      ;;
    rest)
      case $line[1] in
${commands.map(formatCommand).join("\n")}
      esac
      ;;
  esac
  return ret
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function formatCommand(command: CommandCompletion): string {
  const specs = [
    ...command.flags.flatMap(formatFlag),
    ...command.arguments.map(({ label, value }, index) =>
      quote(`${index + 1}:${escapeColons(label)}:${formatArgument(value)}`)
    ),
  ];
  const lines = specs.map((spec) => `            ${spec}`).join(" \\\n");
  return `        ${command.name})
          _arguments -s \\
${lines} && ret=0
          ;;`;
}

/** `'(-q --quiet)'{-q,--quiet}'[help]:value:action'`: given once, unless it is repeatable. */
function formatFlag(flag: FlagCompletion): string {
  const { name, short, isRepeatable } = flag;
  const value = flag.value === undefined
    ? ""
    : `:${escapeColons(name)}:${formatAction(flag.value)}`;
  const equals = flag.value === undefined ? "" : "=";
  const rest = `[${flag.help.replace(/[\\\][]/g, "\\$&")}]${value}`;
  const long = `--${name}${equals}`;
  if (short === undefined) return quote(`${isRepeatable ? "*" : ""}${long}${rest}`);
  const plus = flag.value === undefined ? "" : "+";
  const before = isRepeatable ? "*" : `(-${short} --${name})`;
  return `${quote(before)}{-${short}${plus},${long}}${quote(rest)}`;
}

function formatAction(candidates: Candidates): string {
  switch (candidates.kind) {
    case "words":
      return `(${candidates.words.join(" ")})`;
    case "files":
      return "_files";
    case "folders":
      return "_files -/";
    case "none":
      return " ";
  }
}

/** After an argument with the action " ", zsh 5.9 completes no flag either. */
function formatArgument(candidates: Candidates): string {
  return candidates.kind === "none" ? "()" : formatAction(candidates);
}

function escapeColons(text: string): string {
  return text.replaceAll(":", "\\:");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
