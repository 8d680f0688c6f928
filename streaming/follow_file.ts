import { explainFileFailure } from "../cli/explain_file_failure.ts";
import { CommandError } from "../cli/mod.ts";
import { wait } from "../rpc/abortable.ts";

/** How a file is followed. */
export interface FollowOptions {
  /** Ends it. */
  readonly stop: AbortSignal;
  /** Told in a sentence when the file was cut or replaced. */
  readonly onNote: (sentence: string) => void;
  /** How often to look for more, in ms. Default 200. */
  readonly pollMs?: number | undefined;
}

const DEFAULT_POLL_MS = 200;
const CHUNK_OCTETS = 65_536;
const LINE_FEED = 0x0a;
/** The longest line that is waited for; a reader of lines refuses it before. */
const MAX_LINE_OCTETS = 4 * 1024 * 1024;

/**
 * Follows a file that grows, as `tail -F` does: one pass for each file that stands under the path, or begins anew.
 *
 * Lines come out whole: the part of one that has no end yet is kept back, and dropped when the file is cut.
 */
export class FileFollower {
  readonly #path: string;
  readonly #options: FollowOptions;

  constructor(path: string, options: FollowOptions) {
    this.#path = path;
    this.#options = options;
  }

  get isOver(): boolean {
    return this.#options.stop.aborted;
  }

  /**
   * What the file holds and what is added to it, until it is cut or replaced, or the stop.
   *
   * @throws CommandError if it cannot be read
   */
  async *pass(): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(this.#path);
    } catch (cause) {
      throw this.#failure(cause);
    }
    try {
      yield* this.#read(file);
    } catch (cause) {
      throw cause instanceof CommandError ? cause : this.#failure(cause);
    } finally {
      file.close();
    }
  }

  async *#read(file: Deno.FsFile): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
    const { dev, ino, isDirectory } = await file.stat();
    if (isDirectory) throw new Deno.errors.IsADirectory();
    const lines = new WholeLines();
    let offset = 0;
    let isReplaced = false;
    while (!this.isOver) {
      const chunk = new Uint8Array(CHUNK_OCTETS);
      const count = await file.read(chunk);
      if (count !== null && count > 0) {
        if (offset === 0 && chunk[0] === 0x1f && chunk[1] === 0x8b) throw this.#packed();
        offset += count;
        const whole = lines.push(chunk.subarray(0, count));
        if (whole.length > 0) yield whole;
        continue;
      }
      if (isReplaced) {
        // Nobody adds to it any more: what has no line end is a line, too.
        const rest = lines.finish();
        if (rest.length > 0) yield rest;
        this.#options.onNote(`"${this.#path}" was replaced: reading the new file from its start`);
        return;
      }
      const now = await this.#look();
      if (now !== undefined && (now.dev !== dev || now.ino !== ino)) {
        // Once more, for what was added before it went.
        isReplaced = true;
      } else if (now !== undefined && now.size < offset) {
        this.#options.onNote(`"${this.#path}" was cut: reading it from its start`);
        return;
      } else {
        await wait(this.#options.pollMs ?? DEFAULT_POLL_MS, this.#options.stop).catch(() => {});
      }
    }
  }

  /** Undefined while there is no file of that name, between an old one and a new one. */
  async #look(): Promise<Deno.FileInfo | undefined> {
    try {
      return await Deno.stat(this.#path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  #failure(cause: unknown): CommandError {
    return new CommandError(`Cannot read "${this.#path}": ${explainFileFailure(cause)}`, { cause });
  }

  #packed(): CommandError {
    return new CommandError(`Cannot --follow "${this.#path}": it is a gzip file, which has an end`);
  }
}

/** Keeps back what stands behind the last line end. */
class WholeLines {
  #kept: Uint8Array<ArrayBuffer>[] = [];
  #keptOctets = 0;

  push(chunk: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (end === 0 && this.#keptOctets + chunk.length <= MAX_LINE_OCTETS) {
      this.#keep(chunk);
      return new Uint8Array();
    }
    const cut = end === 0 ? chunk.length : end;
    const whole = concat([...this.#kept, chunk.subarray(0, cut)]);
    this.#kept = [];
    this.#keptOctets = 0;
    if (cut < chunk.length) this.#keep(chunk.subarray(cut));
    return whole;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return concat(this.#kept);
  }

  #keep(part: Uint8Array<ArrayBuffer>): void {
    this.#kept.push(part.slice());
    this.#keptOctets += part.length;
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
