import { CommandError } from "./command_error.ts";
import type { Io } from "./io.ts";

/**
 * Opens a file to be read in chunks; `-` is stdin. The file is closed when the iteration ends.
 *
 * @throws CommandError if the file is not there or cannot be read.
 */
export async function openInput(path: string, io: Io): Promise<AsyncIterable<Uint8Array>> {
  if (path === "-") return io.stdin;
  try {
    const file = await Deno.open(path);
    const { isDirectory } = await file.stat();
    if (!isDirectory) return file.readable;
    file.close();
  } catch (cause) {
    throw new CommandError(`Cannot read "${path}": ${explainOpenFailure(cause)}`, { cause });
  }
  throw new CommandError(`Cannot read "${path}": it is a directory`);
}

/** Why a file cannot be opened, in words. */
export function explainOpenFailure(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory";
  return error instanceof Error ? error.message : String(error);
}
