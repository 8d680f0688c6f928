import { CommandError } from "./command_error.ts";
import { explainFileFailure } from "./explain_file_failure.ts";

/** Larger files are refused: whole files become single messages, and few servers take even 4 MiB. */
const MAX_FILE_OCTETS = 64 * 1024 * 1024;

/**
 * Opens a folder whose files cells may name, and returns what reads one: relative to the folder, and never outside of it,
 * neither by `..` nor by a symbolic link. What it throws is the reason alone.
 *
 * @throws CommandError if there is no such folder
 */
export async function openFilesFolder(path: string): Promise<(name: string) => Uint8Array> {
  let root: string;
  try {
    root = await Deno.realPath(path);
    if (!(await Deno.stat(root)).isDirectory) throw new Error("it is not a folder");
  } catch (cause) {
    throw new CommandError(`Cannot use --files "${path}": ${explainFileFailure(cause)}`, { cause });
  }
  return (name) => readWithin(root, name);
}

function readWithin(root: string, name: string): Uint8Array {
  if (name === "" || name.includes("\0")) throw new Error("it is no name of a file");
  if (/^(?:[/\\]|[A-Za-z]:)/.test(name)) throw new Error("its path is not relative to --files");
  if (name.split(/[/\\]/).includes("..")) throw new Error('its path leads through ".."');
  try {
    const path = Deno.realPathSync(`${root}/${name}`);
    if (!isWithin(root, path)) {
      throw new Error("a symbolic link leads out of the folder of --files");
    }
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error("it is not a file");
    if (size > MAX_FILE_OCTETS) {
      throw new Error(`it has ${size} octets, more than ${MAX_FILE_OCTETS}`);
    }
    return Deno.readFileSync(path);
  } catch (cause) {
    throw new Error(explainFileFailure(cause), { cause });
  }
}

function isWithin(root: string, path: string): boolean {
  const folder = /[/\\]$/.test(root) ? root : `${root}/`;
  return path.replaceAll("\\", "/").startsWith(folder.replaceAll("\\", "/"));
}
