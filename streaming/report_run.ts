import { CommandError, type CommandSpec, ExitCode, type Io, type Talk } from "../cli/mod.ts";
import { Status } from "../rpc/mod.ts";
import { callFailure } from "./call_failure.ts";
import { readThresholds, type StreamCommandLine } from "./check_flags.ts";
import type { KeptRun } from "./checkpoint_keeper.ts";
import { describeShortfall } from "./describe_shortfall.ts";
import { explainTaken } from "./explain_taken.ts";
import { formatSummary, rowsPerSecond } from "./format_summary.ts";
import { formatCommand } from "./resume_command.ts";
import { sourceName } from "./stream_input.ts";
import type { StreamSummary } from "./stream_options.ts";
import { judgeThreshold } from "./thresholds.ts";

/** A run that is over. */
export interface EndedRun {
  readonly summary: StreamSummary;
  /** Where the contract comes from. */
  readonly schemaSource: string;
  readonly spec: CommandSpec;
  /** Undefined if none was kept. */
  readonly checkpoint: KeptRun | undefined;
}

/** The command that was run, and where it speaks. */
export interface ReportContext extends StreamCommandLine {
  readonly io: Io;
  readonly talk: Talk;
}

/**
 * Says how a run ended and decides the exit code; the worst outcome wins, the others are said as well.
 *
 * @throws RpcError for the status of a call, and what ended the input
 */
export function reportRun(context: ReportContext, run: EndedRun): number {
  const { positionals, talk, io } = context;
  const { summary, schemaSource, spec, checkpoint } = run;
  const { status, inputError, surplus, strays } = summary;
  // Those of the runs before it as well.
  const rejected = Math.max(summary.rejected, checkpoint?.last.rejected ?? 0);
  for (const line of formatSummary(summary)) talk.say(line);
  if (checkpoint !== undefined) sayWhole(context, spec, checkpoint);
  sayMisfits(talk, summary);
  const failures = judge(context, summary);
  for (const failure of failures) talk.fail(failure);
  const isInterrupted = io.interrupted.aborted;
  if (inputError !== undefined && (isInterrupted || status.code !== Status.OK)) {
    talk.fail(inputError instanceof Error ? inputError.message : String(inputError));
  }
  if (isInterrupted) return ExitCode.INTERRUPTED;
  if (status.code !== Status.OK) throw explainTaken(schemaSource, callFailure(summary));
  if (inputError !== undefined) throw inputError;
  const source = sourceName(positionals.input);
  const shortfall = describeShortfall(summary, source);
  const isNew = checkpoint === undefined || checkpoint.last.rows === 0;
  if (summary.read === 0 && shortfall === undefined && isNew) {
    throw new CommandError(`Cannot stream "${source}": it has a header but no rows`);
  }
  if (shortfall !== undefined) talk.fail(shortfall);
  if (failures.length > 0) return ExitCode.THRESHOLD;
  const isWhole = shortfall === undefined && rejected === 0 && surplus === 0 && strays.count === 0;
  return isWhole ? ExitCode.DONE : ExitCode.INCOMPLETE;
}

/** What is known of the rows of this run and of those that it goes on from. */
function sayWhole(context: ReportContext, spec: CommandSpec, { start, last }: KeptRun): void {
  const { talk, flags } = context;
  const left = last.rejected === 0 ? "" : `, ${last.rejected} of them rejected`;
  if (last.isFinished) {
    if (start.rows > 0) talk.say(`${last.rows} rows in the whole run${left}`);
    return;
  }
  talk.say(
    `${last.rows} rows are done with for good${left}, their answers in "${flags.outputPath}"; go on with:`,
  );
  talk.say(`  ${formatCommand({ ...context, spec })}`);
}

/** Answers without a row. */
function sayMisfits(talk: Talk, { surplus, strays }: StreamSummary): void {
  if (surplus > 0) {
    talk.fail(
      `The server sent ${surplus} more answers than rows: which answer belongs to which row is not known`,
    );
  }
  if (strays.count > 0) {
    const what = strays.count === 1 ? "1 answer has an id" : `${strays.count} answers have an id`;
    talk.fail(
      `${what} that no row waits for, the first "${strays.firstId}": unknown, or answered before; left out`,
    );
  }
}

/** The thresholds that the run has failed. */
function judge({ flags }: ReportContext, summary: StreamSummary): string[] {
  const { latency, rejected, refused, sent, answered, read } = summary;
  const errors = rejected + Math.max(0, sent - answered - refused);
  const measured = { latency, rate: rowsPerSecond(summary), errors, read };
  return readThresholds(flags.failIf).flatMap((threshold) =>
    judgeThreshold(threshold, measured) ?? []
  );
}
