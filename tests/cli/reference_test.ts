import assert from "node:assert/strict";
import { formatReference } from "../../cli/format_reference.ts";
import { defineCommand } from "../../cli/command_spec.ts";
import { CLI_REFERENCE_PATH, generateCliReference } from "../../docs/generate_cli.ts";

Deno.test("docs/cli.md is what the command table says", async () => {
  const found = await Deno.readTextFile(CLI_REFERENCE_PATH);
  const wanted = await generateCliReference();
  assert.ok(found === wanted, 'docs/cli.md is stale: run "deno task docs" and look at the change');
});

Deno.test("formatReference() shows arguments, flags with value and default, and examples", () => {
  const spec = defineCommand({
    name: "greet",
    summary: "Greet <somebody>",
    description: "Says hello.",
    positionals: {
      whom: { label: "name|-", help: "Whom to greet", required: true },
      how: { label: "how", help: "In which way", default: "kindly" },
    },
    flags: {
      waitMs: { name: "wait", short: "w", kind: "duration", default: "1s", help: "Time *before*" },
      times: { name: "times", kind: "integer", minimum: 1, maximum: 9, help: "How often" },
      tone: {
        name: "tone",
        kind: "choice",
        choices: ["low", "high"],
        defaultNote: "yours",
        group: "Voice",
        help: "Which voice",
      },
      extras: {
        name: "and",
        kind: "string",
        placeholder: "name",
        repeatable: true,
        group: "Voice",
        help: "Others",
      },
      loud: { name: "loud", kind: "boolean", group: "Voice", help: "Louder" },
    },
    examples: [{ command: "broker greet Ann", help: "Greets Ann" }],
  });
  const reference = formatReference("Test", [spec]);
  const rows = [
    "| [`broker greet`](#broker-greet) | Greet \\<somebody\\> |",
    "## broker greet\n\nGreet \\<somebody\\>.\n\n```\nbroker greet <name|-> [how] [flags]\n```\n\nSays hello.",
    "| `name\\|-` | required | Whom to greet |",
    "| `how` | `kindly` | In which way |",
    "| `-w`, `--wait` | duration | `1s` | Time \\*before\\* |",
    "| `--times` | integer 1 to 9 |  | How often |",
    "### Voice of broker greet",
    "| `--tone` | `low`, `high` | yours | Which voice |",
    "| `--and` | `<name>` |  | Others; repeatable |",
    "| `--loud` |  |  | Louder |",
    "```sh\n# Greets Ann\nbroker greet Ann\n```",
    "| 64 … | plus the code",
  ];
  for (const row of rows) assert.ok(reference.includes(row), `${row}\nnot in\n${reference}`);
});
