import assert from "node:assert/strict";
import { parseArguments } from "../../cli/parse_arguments.ts";
import { PROGRAM } from "../../main.ts";
import { runBroker } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { EXAMPLES, protoOf } from "./support.ts";

/** What a README of at most a page may have. */
const MAX_README_LINES = 80;

Deno.test("every system of examples/ is tested", async () => {
  assert.ok(EXAMPLES.length >= 4);
  for (const name of EXAMPLES) await Deno.stat(repositoryPath(`tests/examples/${name}_test.ts`));
});

for (const name of EXAMPLES) {
  const folder = repositoryPath(`examples/${name}`);

  Deno.test(`examples/${name} is what broker scaffold writes today`, async () => {
    const ran = await runBroker(["scaffold", protoOf(name), "--out", folder, "--check"]);
    assert.equal(
      ran.exitCode,
      0,
      `"deno task examples" writes it anew: ${ran.stdout}${ran.stderr}`,
    );
  });

  Deno.test(`examples/${name} has a README of a page, whose commands parse and find their files`, async () => {
    const text = await Deno.readTextFile(`${folder}/README.md`);
    assert.ok(text.split("\n").length <= MAX_README_LINES, "it is longer than a page");
    const commands = shellLines(text).map(splitWords).filter(([program]) => program === "broker");
    assert.ok(commands.length >= 3);
    for (const [, command, ...args] of commands) {
      const line = `broker ${command} ${args.join(" ")}`;
      const spec = await PROGRAM.commands.find(({ name }) => name === command)?.loadSpec();
      assert.ok(spec !== undefined, line);
      assert.equal(parseArguments(spec, args).asked, "run", line);
      for (const path of filesOf(args)) await assertThere(path, { folder, line });
    }
  });
}

/** The lines of all `sh` blocks; one that ends in a backslash goes on in the next. */
function shellLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  return blocks.join("").replaceAll("\\\n", " ").split("\n");
}

/** The words of a command as a shell sees them: quotes, but neither variables nor pipes. */
function splitWords(line: string): string[] {
  const words = line.replace(/(^|\s)#.*/, "").match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, "$1$2"));
}

/** Files that a command reads, as far as their names tell. */
function filesOf(args: readonly string[]): string[] {
  return args
    .filter((_, index) => !["-o", "--output", "--out"].includes(args[index - 1] ?? ""))
    .map((word) => word.replace(/^@/, ""))
    .filter((word) => /^[\w./-]+\.(csv|json|proto|ts)$/.test(word));
}

/** A README's commands are for its folder, or for the repository's root. */
async function assertThere(
  path: string,
  { folder, line }: { readonly folder: string; readonly line: string },
): Promise<void> {
  const places = [`${folder}/${path}`, repositoryPath(path)];
  const found = await Promise.all(
    places.map((place) => Deno.stat(place).then(() => true, () => false)),
  );
  assert.ok(found.includes(true), `"${path}" of "${line}" is not there`);
}
