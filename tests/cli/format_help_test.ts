import assert from "node:assert/strict";
import { defineCommand } from "../../cli/command_spec.ts";
import { formatCommandHelp, formatProgramHelp } from "../../cli/format_help.ts";

const SPEC = defineCommand({
  name: "greet",
  summary: "Greet somebody",
  description: "Says hello.",
  positionals: {
    whom: { label: "name|-", help: "Whom to greet", required: true },
    how: { label: "how", help: "In which way", default: "kindly" },
  },
  flags: {
    waitMs: { name: "wait", short: "w", kind: "duration", default: "1s", help: "Time before" },
    times: {
      name: "times",
      kind: "integer",
      minimum: 1,
      maximum: 9,
      default: "1",
      help: "How often",
    },
    tone: {
      name: "tone",
      kind: "choice",
      choices: ["low", "high"],
      defaultNote: "yours",
      help: "Voice",
    },
    extras: {
      name: "and",
      kind: "string",
      placeholder: "name",
      repeatable: true,
      group: "More",
      help: "Others",
    },
  },
  examples: [{ command: "broker greet Ann", help: "Greets Ann" }],
});

Deno.test("formatCommandHelp() shows usage, arguments, groups of flags, units and examples", () => {
  assert.equal(
    formatCommandHelp(SPEC),
    `Greet somebody.

Usage: broker greet <name|-> [how] [flags]

Says hello.

Arguments:
  <name|->  Whom to greet
  [how]     In which way (default: kindly)

Flags:
  -w, --wait <time>    Time before (default: 1s)
      --times <n>      How often (1 to 9; default: 1)
      --tone low|high  Voice (default: yours)

More:
      --and <name>  Others (repeatable)

Global flags:
  -q, --quiet    Say nothing on stderr but errors
  -v, --verbose  Say more, and print stack traces with errors
  -h, --help     Print the help of the command
      --version  Print the version

Durations: 10 (seconds), 500ms, 10s, 2m, 1h.

Examples:
  broker greet Ann
      Greets Ann
`,
  );
});

Deno.test("formatProgramHelp() lists the commands, one line each", () => {
  const help = formatProgramHelp("Does things", [SPEC]);
  assert.ok(help.startsWith("Does things.\n\nUsage: broker <command> [arguments] [flags]\n"));
  assert.ok(help.includes("\n  greet  Greet somebody\n"));
});
