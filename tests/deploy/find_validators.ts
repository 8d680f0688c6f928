import type { Missing } from "../support/peer.ts";
import { runProgram } from "../support/run_program.ts";

/** A program that judges a file. */
export interface Validator {
  readonly name: string;
}

/** A validator on the PATH, where `.ci/run` puts it. */
export async function findValidator(
  name: string,
  args: readonly string[],
): Promise<Validator | Missing> {
  try {
    const { code, stderr } = await runProgram([name, ...args]);
    return code === 0 ? { name } : { missing: `"${name} ${args.join(" ")}" fails: ${stderr}` };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { missing: `${name} is not on the PATH` };
  }
}
