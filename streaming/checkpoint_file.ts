import { dirname } from "node:path";
import { explainFileFailure } from "../cli/explain_file_failure.ts";
import { CommandError } from "../cli/mod.ts";
import { TabularError } from "../tabular/mod.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type FilePrint,
} from "./checkpoint.ts";

/** Octets at the start of an input that tell it from another. */
const HEAD_OCTETS = 65_536;

/** Reads a checkpoint; undefined if there is no such file. @throws TabularError for a file that is none */
export async function readCheckpoint(path: string): Promise<Checkpoint | undefined> {
  try {
    // What is no regular file may have no end.
    const { isFile } = await Deno.stat(path);
    return decodeCheckpoint(isFile ? await Deno.readTextFile(path) : "", path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof TabularError) throw error;
    throw new CommandError(`Cannot read "${path}": ${explainFileFailure(error)}`, { cause: error });
  }
}

/** Finds out before anything is sent whether there is a place for a new checkpoint. @throws CommandError */
export async function checkFolder(path: string): Promise<void> {
  const folder = await Deno.stat(dirname(path)).catch(() => undefined);
  if (folder?.isDirectory === true) return;
  throw new CommandError(`Cannot write "${path}": its folder does not exist`);
}

/**
 * Writes a checkpoint so that whoever reads it, after whatever crash, finds the old one or the new one, whole: to a file
 * beside it, which then takes its place.
 *
 * @throws CommandError if it cannot be written
 */
export async function writeCheckpoint(path: string, checkpoint: Checkpoint): Promise<void> {
  const temporary = `${path}.${Deno.pid}.tmp`;
  const bytes = new TextEncoder().encode(encodeCheckpoint(checkpoint));
  try {
    const file = await Deno.open(temporary, { write: true, create: true, truncate: true });
    try {
      for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(temporary, path);
  } catch (cause) {
    throw new CommandError(`Cannot write "${path}": ${explainFileFailure(cause)}`, { cause });
  }
}

/**
 * What tells a file from another: its path, its size and how it begins.
 *
 * @param headOctets so many octets are hashed; default: as many as a new checkpoint has
 */
export async function printFile(path: string, headOctets = HEAD_OCTETS): Promise<FilePrint> {
  using file = await Deno.open(path);
  const { size, isFile } = await file.stat();
  if (!isFile) {
    throw new CommandError(`Cannot keep a checkpoint of "${path}": it is not a regular file`);
  }
  const head = new Uint8Array(Math.min(size, headOctets));
  let length = 0;
  while (length < head.length) {
    const count = await file.read(head.subarray(length));
    if (count === null) break;
    length += count;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", head.subarray(0, length)));
  return {
    path: await Deno.realPath(path),
    octets: size,
    headOctets: length,
    headSha256: [...digest].map((octet) => octet.toString(16).padStart(2, "0")).join(""),
  };
}
