/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end and returns what it printed to stdout.
 *
 * @throws Error with what it printed if there is no such program or it fails
 */
export async function runCommand(
  [program, ...args]: readonly [string, ...string[]],
  options: RunOptions = {},
): Promise<string> {
  const command = [program, ...args].join(" ");
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command(program, { args, stdin: "null", ...options }).output();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new Error(`Cannot run "${command}": there is no ${program} on the PATH`, { cause });
  }
  const stdout = new TextDecoder().decode(output.stdout);
  if (output.success) return stdout;
  const said = stdout + new TextDecoder().decode(output.stderr);
  throw new Error(`Cannot run "${command}": it ended with ${output.code}\n${said}`);
}
