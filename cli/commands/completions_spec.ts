import { defineCommand } from "../command_spec.ts";

/** The shells that `broker completions` writes for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** `broker completions`, as data. */
export const completionsSpec = defineCommand({
  name: "completions",
  summary: "Print a script that completes commands and flags in a shell",
  description:
    "The script knows every command, flag and choice of this version, and starts nothing when it completes. " +
    "For good, put the line of bash or zsh into ~/.bashrc or ~/.zshrc, and what fish gets into " +
    "~/.config/fish/completions/broker.fish.",
  positionals: {
    shell: { label: SHELLS.join("|"), help: "The shell that it is for", required: true },
  },
  flags: {},
  examples: [
    { command: "source <(broker completions bash)", help: "For this bash" },
    { command: "source <(broker completions zsh)", help: "For this zsh, after compinit" },
    { command: "broker completions fish", help: "What fish reads, on stdout" },
  ],
});
