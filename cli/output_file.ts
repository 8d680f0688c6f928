import { BufferedSink } from "./buffered_sink.ts";
import { CommandError } from "./command_error.ts";
import { explainFileFailure } from "./explain_file_failure.ts";
import type { Io, OutputSink } from "./io.ts";

/** An output that is to be closed. */
export interface OutputFile {
  readonly sink: OutputSink;
  /** Writes what waits, and waits until a file is on disk, so that it is there after a power cut. */
  sync(): Promise<void>;
  /** Writes what waits, then closes. Harmless when repeated. */
  close(): Promise<void>;
}

/** Options of `openOutput()`. */
export interface OutputOptions {
  /** Goes on after so many octets of a file that is there, and drops the rest. Default: it is emptied. */
  readonly keepOctets?: number | undefined;
}

/**
 * Opens a file for output, emptying it if it is there; without a path, or for `-`, stdout.
 *
 * @throws CommandError if the file cannot be written, or is shorter than what is to be kept.
 */
export async function openOutput(
  path: string | undefined,
  io: Io,
  options: OutputOptions = {},
): Promise<OutputFile> {
  if (path === undefined || path === "-") {
    return {
      sink: io.stdout,
      sync: () => io.stdout.flush(),
      close: () => io.stdout.flush(),
    };
  }
  let file: Deno.FsFile;
  try {
    file = await openFile(path, options.keepOctets);
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    const reason = cause instanceof Deno.errors.NotFound
      ? "its folder does not exist"
      : explainFileFailure(cause);
    throw new CommandError(`Cannot write "${path}": ${reason}`, { cause });
  }
  const sink = new BufferedSink({
    isTerminal: false,
    async writeAll(bytes) {
      try {
        for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
      } catch (cause) {
        throw new CommandError(`Cannot write "${path}": ${explainFileFailure(cause)}`, { cause });
      }
    },
  });
  let closed = false;
  return {
    sink,
    async sync() {
      await sink.flush();
      try {
        await file.syncData();
      } catch (cause) {
        throw new CommandError(`Cannot write "${path}": ${explainFileFailure(cause)}`, { cause });
      }
    },
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

async function openFile(path: string, keepOctets: number | undefined): Promise<Deno.FsFile> {
  if (keepOctets === undefined) {
    return await Deno.open(path, { write: true, create: true, truncate: true });
  }
  const file = await openAgain(path, keepOctets);
  try {
    const { size } = await file.stat();
    if (size < keepOctets) {
      throw new CommandError(
        `Cannot go on with "${path}": it has ${size} octets, and ${keepOctets} were written`,
      );
    }
    await file.truncate(keepOctets);
    await file.seek(0, Deno.SeekMode.End);
    return file;
  } catch (error) {
    file.close();
    throw error;
  }
}

async function openAgain(path: string, keepOctets: number): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, create: keepOctets === 0 });
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new CommandError(
      `Cannot go on with "${path}": it is not there any more, and ${keepOctets} octets were written`,
      { cause },
    );
  }
}

/** True if both paths lead to one file, by whatever links. False if either is not there, or is no regular file. */
export async function isSameFile(path: string, other: string): Promise<boolean> {
  try {
    const [one, two] = await Promise.all([Deno.stat(path), Deno.stat(other)]);
    return one.isFile && one.ino !== null && one.ino === two.ino && one.dev === two.dev;
  } catch {
    // What is wrong with a path is said where it is opened.
    return false;
  }
}
