import { inflateIfPacked } from "../cli/inflate.ts";
import { explainFileFailure } from "../cli/explain_file_failure.ts";
import { CommandError } from "../cli/mod.ts";
import { type LoadedProtosets, loadProtosets } from "../schema/mod.ts";

/** Of one set: all of googleapis with its comments is well below it, and a pipe could go on for ever. */
const MAX_SET_OCTETS = 128 * 1024 * 1024;

/**
 * Reads the files of `--protoset`, packed with gzip or not.
 *
 * @throws CommandError if a file cannot be read or is too large, SchemaError for what `loadProtosets()` refuses
 */
export async function readProtosets(paths: readonly string[]): Promise<LoadedProtosets> {
  const sets = new Map<string, Uint8Array>();
  for (const path of paths) {
    if (!sets.has(path)) sets.set(path, await readSet(path));
  }
  return loadProtosets(sets);
}

async function readSet(path: string): Promise<Uint8Array> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    using file = await Deno.open(path);
    for await (const chunk of inflateIfPacked(file.readable)) {
      chunks.push(chunk.slice());
      length += chunk.length;
      if (length > MAX_SET_OCTETS) break;
    }
  } catch (cause) {
    throw new CommandError(`Cannot read "${path}": ${explainFileFailure(cause)}`, { cause });
  }
  if (length > MAX_SET_OCTETS) {
    throw new CommandError(
      `Cannot use "${path}": it has more than ${
        MAX_SET_OCTETS / 2 ** 20
      } MiB; make a set of fewer files`,
    );
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
