import { CommandError } from "../cli/mod.ts";
import type { AnswerFormat } from "../tabular/mod.ts";
import type { StreamFlags } from "./check_flags.ts";
import { type Checkpoint, explainOtherLayout, type RunStart } from "./checkpoint.ts";
import { layoutOf, type LayoutOptions } from "./output_layout.ts";

/** What the layout of a run's files follows from, and where the run begins. */
export interface StartLayoutOptions extends Pick<LayoutOptions, "method" | "plan" | "isJson"> {
  readonly flags: StreamFlags;
  /** Undefined if no checkpoint is kept. */
  readonly start: RunStart | undefined;
}

/** Where a run begins, with the layout of its files. @throws CommandError if it was begun with another one */
export function startWithLayout(
  { flags, method, plan, isJson, start }: StartLayoutOptions,
): Checkpoint | undefined {
  const { checkpointPath } = flags;
  if (start === undefined || checkpointPath === undefined) return undefined;
  // A run with a checkpoint never writes to a terminal.
  const format = answerFormat(flags) ?? "jsonl";
  const layout = layoutOf({ format, flags, method, plan, isJson });
  const mismatch = explainOtherLayout(start, layout, checkpointPath);
  if (mismatch !== undefined) throw new CommandError(mismatch);
  return { ...start, layout };
}

/** The format that the flags ask for, or the name of the output file; undefined if neither does. */
export function answerFormat(
  { format, outputPath: path }: Pick<StreamFlags, "format" | "outputPath">,
): AnswerFormat | undefined {
  if (format !== undefined) return format;
  if (path?.endsWith(".csv")) return "csv";
  return path?.endsWith(".jsonl") || path?.endsWith(".ndjson") ? "jsonl" : undefined;
}
