import { BufferedSink } from "./buffered_sink.ts";
import { CommandError } from "./command_error.ts";
import { explainOpenFailure } from "./input_file.ts";
import type { Io, OutputSink } from "./io.ts";

/** An output that is to be closed. */
export interface OutputFile {
  readonly sink: OutputSink;
  /** Writes what waits, then closes. Harmless when repeated. */
  close(): Promise<void>;
}

/**
 * Opens a file for output, emptying it if it is there; without a path, stdout.
 *
 * @throws CommandError if the file cannot be written.
 */
export async function openOutput(path: string | undefined, io: Io): Promise<OutputFile> {
  if (path === undefined) return { sink: io.stdout, close: () => io.stdout.flush() };
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { write: true, create: true, truncate: true });
  } catch (cause) {
    throw new CommandError(`Cannot write "${path}": ${explainOpenFailure(cause)}`, { cause });
  }
  const sink = new BufferedSink({
    isTerminal: false,
    async writeAll(bytes) {
      try {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      } catch (cause) {
        throw new CommandError(`Cannot write "${path}": ${explainOpenFailure(cause)}`, { cause });
      }
    },
  });
  let closed = false;
  return {
    sink,
    async close() {
      if (closed) return;
      closed = true;
      try {
        await sink.flush();
      } finally {
        file.close();
      }
    },
  };
}
