import { type Command, createCommand } from "./command.ts";
import { UsageError } from "./command_error.ts";
import type { CommandSpec } from "./command_spec.ts";
import { completionsSpec, SHELLS } from "./commands/completions_spec.ts";
import { ExitCode } from "./exit_code.ts";
import { formatBashCompletions } from "./format_bash_completions.ts";
import { formatFishCompletions } from "./format_fish_completions.ts";
import { formatZshCompletions } from "./format_zsh_completions.ts";
import { type CommandCompletion, listCompletions } from "./list_completions.ts";

/** A shell that `broker completions` writes for. */
export type Shell = typeof SHELLS[number];

const FORMATS = {
  bash: formatBashCompletions,
  zsh: formatZshCompletions,
  fish: formatFishCompletions,
} as const satisfies Record<Shell, (commands: readonly CommandCompletion[]) => string>;

/** The script that completes these commands in a shell. */
export function formatCompletions(shell: Shell, specs: readonly CommandSpec[]): string {
  return FORMATS[shell](listCompletions(specs));
}

/** `broker completions`: prints the script for the commands of the table. */
export function createCompletionsCommand(specs: readonly CommandSpec[]): Command {
  return createCommand(completionsSpec, ({ positionals, io }) => {
    const shell = SHELLS.find((known) => known === positionals.shell);
    if (shell === undefined) {
      throw new UsageError(
        `Cannot write completions for "${positionals.shell}": want ${SHELLS.join(", ")}`,
      );
    }
    io.stdout.write(formatCompletions(shell, specs));
    return Promise.resolve(ExitCode.DONE);
  });
}
