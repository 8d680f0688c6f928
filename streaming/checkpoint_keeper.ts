import { Buffer } from "node:buffer";
import type { OutputFile } from "../cli/mod.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { writeCheckpoint } from "./checkpoint_file.ts";

/** How often a run that goes on is written down, in ms. */
const INTERVAL_MS = 1000;

/** What a run that keeps a checkpoint has come to, with those before it that it goes on from. */
export interface KeptRun {
  readonly start: Checkpoint;
  readonly last: Checkpoint;
}

/** What a checkpoint is kept of. */
export interface CheckpointKeeperOptions {
  readonly path: string;
  /** Where the run begins: a new one, or the one that it goes on from. */
  readonly start: Checkpoint;
  readonly output: OutputFile;
  readonly rejects: OutputFile | undefined;
  /** Default 1000. */
  readonly intervalMs?: number | undefined;
}

/**
 * Writes down how far a run is, once a second and at its end: first the answers go to disk, then the checkpoint that
 * covers them. Answers are never held up by it.
 */
export class CheckpointKeeper {
  readonly #options: CheckpointKeeperOptions;
  /** What the files hold once all that was written has arrived. */
  #outputOctets: number;
  #rejectsOctets: number;
  #rejected: number;
  #latest: Checkpoint;
  #isSaved = true;
  #saving: Promise<void> = Promise.resolve();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: CheckpointKeeperOptions) {
    this.#options = options;
    this.#latest = options.start;
    this.#outputOctets = options.start.output.octets;
    this.#rejectsOctets = options.start.rejects?.octets ?? 0;
    this.#rejected = options.start.rejected;
  }

  /** Text that was handed to the output. */
  wroteOutput(text: string): void {
    this.#outputOctets += Buffer.byteLength(text);
  }

  /** Rows that were rejected, whether or not there is a file of them. */
  rejected(rows: number): void {
    this.#rejected += rows;
  }

  /** Text that was handed to the file of rejected rows. */
  wroteRejects(text: string): void {
    this.#rejectsOctets += Buffer.byteLength(text);
  }

  /**
   * All that was handed on so far belongs to these rows, and is all of them.
   *
   * @param rows from the start of this run on
   * @throws what the last attempt to save it threw
   */
  note(rows: number): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    const { start, intervalMs = INTERVAL_MS } = this.#options;
    this.#latest = {
      ...start,
      rows: start.rows + rows,
      rejected: this.#rejected,
      output: { path: start.output.path, octets: this.#outputOctets },
      rejects: start.rejects === undefined
        ? undefined
        : { path: start.rejects.path, octets: this.#rejectsOctets },
      isFinished: false,
    };
    this.#isSaved = false;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#saving = this.#save().catch((error) => void (this.#failure = { error }));
    }, intervalMs);
  }

  /** Writes down the end of the run. @throws CommandError if a file cannot be written */
  async finish(options: { readonly isFinished: boolean }): Promise<KeptRun> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#saving;
    if (options.isFinished) {
      this.#latest = { ...this.#latest, isFinished: true };
      this.#isSaved = false;
    }
    await this.#save();
    return { start: this.#options.start, last: this.#latest };
  }

  /** Stops without writing. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#saving;
  }

  async #save(): Promise<void> {
    if (this.#isSaved) return;
    this.#isSaved = true;
    const checkpoint = this.#latest;
    const { path, output, rejects } = this.#options;
    await output.sync();
    await rejects?.sync();
    await writeCheckpoint(path, checkpoint);
  }
}
