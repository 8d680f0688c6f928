/**
 * `deno task docs`: writes docs/cli.md from the command table.
 *
 * @module
 */
import { formatReference } from "../cli/format_reference.ts";
import { loadSpecs } from "../cli/run_program.ts";
import { PROGRAM } from "../main.ts";

/** Where the reference stands. */
export const CLI_REFERENCE_PATH = new URL("cli.md", import.meta.url).pathname;

/** The reference as it should stand there, formatted as `deno fmt` wants it. */
export async function generateCliReference(): Promise<string> {
  const specs = await loadSpecs(PROGRAM);
  const config = new URL("../deno.json", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--config", config, "--ext", "md", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(formatReference(PROGRAM.summary, specs)));
  await writer.close();
  const { stdout, success } = await child.output();
  if (!success) throw new Error("Cannot format the reference: deno fmt failed");
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  await Deno.writeTextFile(CLI_REFERENCE_PATH, await generateCliReference());
}
