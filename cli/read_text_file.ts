import { CommandError } from "./command_error.ts";
import { explainFileFailure } from "./explain_file_failure.ts";

/** Reads a whole file as text. @throws CommandError if it is not there or cannot be read. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new CommandError(`Cannot read "${path}": ${explainFileFailure(cause)}`, { cause });
  }
}
