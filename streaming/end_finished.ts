import { CommandError, ExitCode, type Talk } from "../cli/mod.ts";
import type { StreamPositionals } from "./check_flags.ts";
import { type StartLayoutOptions, startWithLayout } from "./start_layout.ts";

/** A run that is over, asked again. */
export interface FinishedRun extends StartLayoutOptions {
  readonly positionals: StreamPositionals;
  readonly talk: Talk;
}

/**
 * Ends a run that has nothing to do any more as it ended then.
 *
 * @throws CommandError if its files were to have another layout now, or rows were rejected
 */
export function endFinished(run: FinishedRun): number {
  const { flags, positionals, talk } = run;
  const { rows, rejected } = startWithLayout(run) ?? { rows: 0, rejected: 0 };
  const begin =
    `"${positionals.input}" was streamed to its end before, says "${flags.checkpointPath}"`;
  if (rejected > 0) {
    const where = flags.rejectsPath === undefined ? "" : ` (see "${flags.rejectsPath}")`;
    throw new CommandError(
      `${begin}, with ${rejected} of ${rows} rows rejected${where}: nothing more to do`,
      { exitCode: ExitCode.INCOMPLETE },
    );
  }
  talk.say(`${begin}: nothing to do`);
  return ExitCode.DONE;
}
