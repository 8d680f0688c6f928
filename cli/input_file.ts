import { CommandError } from "./command_error.ts";
import { explainFileFailure } from "./explain_file_failure.ts";
import { inflateIfPacked } from "./inflate.ts";
import type { Io } from "./io.ts";

/** An input that is to be closed. */
export interface InputFile {
  /** What it holds, in the pieces that arrive, inflated if it is a gzip file; to be iterated once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Ends the iteration, even one that waits for an input which says nothing. Harmless when repeated. */
  close(): Promise<void>;
}

/**
 * Opens a file to be read in chunks; `-` is stdin. What begins like a gzip file is inflated, whatever it is called.
 *
 * @throws CommandError if the file is not there or cannot be read; reading throws it, too.
 */
export async function openInput(path: string, io: Io): Promise<InputFile> {
  const name = path === "-" ? '"stdin"' : `"${path}"`;
  if (path === "-") return fromStream(io.stdin, name);
  try {
    const file = await Deno.open(path);
    const { isDirectory } = await file.stat();
    if (!isDirectory) return fromStream(file.readable, name);
    file.close();
  } catch (cause) {
    throw new CommandError(`Cannot read ${name}: ${explainFileFailure(cause)}`, { cause });
  }
  throw new CommandError(`Cannot read ${name}: it is a directory`);
}

function fromStream(stream: ReadableStream<Uint8Array>, name: string): InputFile {
  const reader = stream.getReader();
  let isClosed = false;
  return {
    chunks: explainFailures(inflateIfPacked(readChunks(reader)), name, () => isClosed),
    close: async () => {
      isClosed = true;
      // A failed input has nothing to close, and its failure was thrown by the read.
      await reader.cancel().catch(() => {});
    },
  };
}

async function* readChunks(
  reader: ReadableStreamDefaultReader<Uint8Array>,
): AsyncGenerator<Uint8Array, undefined> {
  for (let step = await reader.read(); !step.done; step = await reader.read()) yield step.value;
}

/** A gzip file that is closed before its end would look cut off: what comes after `close()` is no failure. */
async function* explainFailures(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  isClosed: () => boolean,
): AsyncGenerator<Uint8Array, undefined> {
  try {
    yield* chunks;
  } catch (cause) {
    if (isClosed()) return;
    throw new CommandError(`Cannot read ${name}: ${explainFileFailure(cause)}`, { cause });
  }
}
