import assert from "node:assert/strict";
import type { FlagSpec } from "../../cli/command_spec.ts";
import { formatCommandHelp } from "../../cli/format_help.ts";
import { readFlagValue } from "../../cli/flag_values.ts";
import { GLOBAL_FLAGS } from "../../cli/global_flags.ts";
import { parseArguments } from "../../cli/parse_arguments.ts";
import { PROGRAM } from "../../main.ts";

for (const { name, loadSpec } of PROGRAM.commands) {
  const spec = await loadSpec();
  const flags: FlagSpec[] = Object.values({ ...spec.flags, ...GLOBAL_FLAGS });

  Deno.test(`broker ${name} is found by the name of its spec`, () => {
    assert.equal(spec.name, name);
  });

  Deno.test(`broker ${spec.name} gives each name and letter to one flag`, () => {
    const names = flags.map(({ name }) => name);
    const letters = flags.map(({ short }) => short).filter((short) => short !== undefined);
    assert.deepEqual(names, [...new Set(names)]);
    assert.deepEqual(letters, [...new Set(letters)]);
    assert.ok(letters.every((letter) => letter.length === 1));
    assert.ok(Object.keys(spec.flags).every((key) => !Object.hasOwn(GLOBAL_FLAGS, key)));
  });

  Deno.test(`broker ${spec.name} has defaults that its own flags accept`, () => {
    for (const flag of flags) {
      if (flag.kind === "boolean" || flag.default === undefined) continue;
      assert.equal(readFlagValue(flag, flag.default).ok, true, flag.name);
    }
  });

  Deno.test(`broker ${spec.name} has examples that parse`, () => {
    assert.ok(spec.examples.length >= 2);
    for (const { command } of spec.examples) {
      const args = command.slice(command.lastIndexOf("broker ")).split(" ").slice(1);
      assert.equal(args[0], spec.name);
      assert.equal(parseArguments(spec, args.slice(1)).asked, "run", command);
    }
  });

  Deno.test(`broker ${spec.name} --help fits 80 columns and shows every flag and default`, () => {
    const help = formatCommandHelp(spec);
    const unwrapped = help.replace(/\s+/g, " ");
    for (const line of help.split("\n")) assert.ok(line.length <= 80, line);
    for (const flag of flags) {
      assert.ok(help.includes(`--${flag.name}`), flag.name);
      if (flag.kind === "boolean" || flag.default === undefined) continue;
      assert.ok(unwrapped.includes(`default: ${flag.default}`), flag.name);
    }
    for (const { command } of spec.examples) assert.ok(help.includes(command), command);
    const hasKind = (wanted: string) => flags.some(({ kind }) => kind === wanted);
    assert.equal(help.includes("Durations: 10 (seconds)"), hasKind("duration"));
    assert.equal(help.includes("Sizes: 65536 (octets)"), hasKind("size"));
  });
}
