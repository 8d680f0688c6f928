import { resolve } from "node:path";
import { CommandError } from "../cli/mod.ts";
import { explainMismatch, type RunStart } from "./checkpoint.ts";
import { checkFolder, printFile, readCheckpoint } from "./checkpoint_file.ts";

/** What a checkpoint is to be of. */
export interface ResumeOptions {
  readonly checkpointPath: string;
  readonly inputPath: string;
  readonly method: string;
  readonly outputPath: string;
  readonly rejectsPath: string | undefined;
}

/** Where a run begins. */
export interface ResumePoint {
  readonly start: RunStart;
  /** True if an earlier run has written the checkpoint. */
  readonly isResumed: boolean;
  /** True if that run has dealt with all that the input holds. */
  readonly isFinished: boolean;
}

/**
 * Finds out where a run begins that keeps a checkpoint: at the start, or where an earlier one ended.
 *
 * @throws CommandError if the checkpoint is of another run; TabularError if the file is none
 */
export async function findResumePoint(options: ResumeOptions): Promise<ResumePoint> {
  const { checkpointPath, inputPath, method } = options;
  const outputPath = resolve(options.outputPath);
  const rejectsPath = options.rejectsPath === undefined ? undefined : resolve(options.rejectsPath);
  const found = await readCheckpoint(checkpointPath);
  const input = await printFile(inputPath, found?.input.headOctets);
  if (found === undefined) {
    await checkFolder(checkpointPath);
    const start: RunStart = {
      input,
      method,
      rows: 0,
      rejected: 0,
      output: { path: outputPath, octets: 0 },
      rejects: rejectsPath === undefined ? undefined : { path: rejectsPath, octets: 0 },
      layout: undefined,
      isFinished: false,
    };
    return { start, isResumed: false, isFinished: false };
  }
  const run = { checkpointPath, inputName: inputPath, input, method, outputPath, rejectsPath };
  const mismatch = explainMismatch(found, run);
  if (mismatch !== undefined) throw new CommandError(mismatch);
  const isFinished = found.isFinished && input.octets === found.input.octets;
  return {
    start: { ...found, input: { ...found.input, octets: input.octets }, isFinished: false },
    isResumed: true,
    isFinished,
  };
}
