import {
  type Candidates,
  type CommandCompletion,
  type FlagCompletion,
  listGlobalFlags,
} from "./list_completions.ts";
import { PROGRAM_NAME } from "./version.ts";

/** A completion script for bash 3.2 and later; it needs no bash-completion package. */
export function formatBashCompletions(commands: readonly CommandCompletion[]): string {
  const name = PROGRAM_NAME;
  return `# bash completion of ${name}, written by "${name} completions bash"
_${name}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} command= flag= words= values= position=0 at word
  COMPREPLY=()
  # Readline cuts "--flag=value" into three words.
  if [[ $cur == "=" ]]; then cur=; fi
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if [[ $word == "=" ]]; then
      flag=\${COMP_WORDS[at - 1]}
    elif [[ -n $flag ]]; then
      flag=
    elif [[ $word == -?* ]]; then
      if [[ $values == *" $word "* ]]; then flag=$word; fi
    elif [[ -z $command ]]; then
      command=$word
      case $command in
${
    commands.map(({ name, flags }) => `        ${name}) values=" ${valueFlags(flags)} " ;;`).join(
      "\n",
    )
  }
      esac
    else
      position=$((position + 1))
    fi
  done
  if [[ \${COMP_WORDS[COMP_CWORD]} == "=" ]]; then flag=\${COMP_WORDS[COMP_CWORD - 1]}; fi
  if [[ -n $flag ]]; then
    case "$command $flag" in
${formatValueCases(commands)}
    esac
    return
  fi
  if [[ $cur == -* ]]; then
    case $command in
      "") words="${flagWords(listGlobalFlags())}" ;;
${commands.map(({ name, flags }) => `      ${name}) words="${flagWords(flags)}" ;;`).join("\n")}
    esac
    _${name}_words "$words"
    return
  fi
  case "$command $position" in
    " 0") _${name}_words "${commands.map(({ name }) => name).join(" ")}" ;;
${formatArgumentCases(commands)}
  esac
}

_${name}_words() { COMPREPLY=($(compgen -W "$1" -- "$cur")); }

_${name}_paths() {
  local path
  COMPREPLY=()
  while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$1" -- "$cur")
  # Quotes what needs it, and puts a slash behind a folder; bash 3 has no compopt.
  compopt -o filenames 2>/dev/null
}

complete -F _${name} ${name}
`;
}

function valueFlags(flags: readonly FlagCompletion[]): string {
  return flags.filter(({ value }) => value !== undefined).flatMap(writtenForms).join(" ");
}

function flagWords(flags: readonly FlagCompletion[]): string {
  return flags.flatMap(writtenForms).join(" ");
}

function writtenForms({ name, short }: FlagCompletion): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`];
}

function formatValueCases(commands: readonly CommandCompletion[]): string {
  return commands.flatMap((command) =>
    command.flags.flatMap((flag) => {
      const action = flag.value === undefined ? undefined : formatAction(flag.value);
      if (action === undefined) return [];
      const patterns = writtenForms(flag).map((form) => `"${command.name} ${form}"`);
      return [`      ${patterns.join(" | ")}) ${action} ;;`];
    })
  ).join("\n");
}

function formatArgumentCases(commands: readonly CommandCompletion[]): string {
  return commands.flatMap((command) =>
    command.arguments.flatMap(({ value }, position) => {
      const action = formatAction(value);
      return action === undefined ? [] : [`    "${command.name} ${position}") ${action} ;;`];
    })
  ).join("\n");
}

function formatAction(candidates: Candidates): string | undefined {
  switch (candidates.kind) {
    case "words":
      return `_${PROGRAM_NAME}_words "${candidates.words.join(" ")}"`;
    case "files":
      return `_${PROGRAM_NAME}_paths -f`;
    case "folders":
      return `_${PROGRAM_NAME}_paths -d`;
    case "none":
      return undefined;
  }
}
