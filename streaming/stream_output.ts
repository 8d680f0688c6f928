import { type Io, openOutput, type OutputFile } from "../cli/mod.ts";
import type { MethodSchema } from "../schema/mod.ts";
import {
  type AnswerFormat,
  AnswerText,
  type AnswerWriter,
  type ColumnPlan,
  createAnswerWriter,
  type CsvRecord,
  listJoinColumns,
  type Message,
} from "../tabular/mod.ts";
import type { StreamFlags } from "./check_flags.ts";
import type { Checkpoint, RunStart } from "./checkpoint.ts";
import { CheckpointKeeper, type KeptRun } from "./checkpoint_keeper.ts";
import { formatRejects, rejectsHeader } from "./format_rejects.ts";
import { recordsOf } from "./row.ts";
import { answerFormat, startWithLayout } from "./start_layout.ts";
import type { Outcome } from "./stream_options.ts";

/** Where the answers go. */
export interface StreamOutputOptions {
  readonly flags: StreamFlags;
  readonly io: Io;
  readonly method: MethodSchema;
  readonly plan: ColumnPlan;
  /** Whether the rows are lines of JSON, and those that are rejected as well. */
  readonly isJson: boolean;
  /** Where the run begins, if it keeps a checkpoint. */
  readonly start: RunStart | undefined;
}

/** What a run writes to, once that is open. */
interface OpenOutput {
  readonly answers: OutputFile;
  readonly rejects: OutputFile | undefined;
  readonly start: Checkpoint | undefined;
}

/** Writes answers, rejected rows and the checkpoint that covers both. */
export class StreamOutput {
  readonly format: AnswerFormat;
  readonly #answers: OutputFile;
  readonly #rejects: OutputFile | undefined;
  readonly #writer: AnswerWriter;
  readonly #keeper: CheckpointKeeper | undefined;
  #rejectsHead: string;
  #isClosed = false;

  /** @throws CommandError if a file cannot be written, or would have another layout than it was begun with */
  static async open(options: StreamOutputOptions): Promise<StreamOutput> {
    const { flags, io } = options;
    const { outputPath, rejectsPath } = flags;
    const start = startWithLayout(options);
    const answers = await openOutput(outputPath, io, { keepOctets: kept(start?.output.octets) });
    try {
      const rejects = rejectsPath === undefined
        ? undefined
        : await openOutput(rejectsPath, io, { keepOctets: kept(start?.rejects?.octets) });
      return new StreamOutput(options, { answers, rejects, start });
    } catch (error) {
      await answers.close();
      throw error;
    }
  }

  private constructor(
    { flags, method, plan, isJson }: StreamOutputOptions,
    { answers, rejects, start }: OpenOutput,
  ) {
    this.#answers = answers;
    this.#rejects = rejects;
    const joined = listJoinColumns(plan);
    this.format = answerFormat(flags) ?? (answers.sink.isTerminal ? "table" : "jsonl");
    this.#writer = createAnswerWriter(this.format, method.response, {
      join: flags.join ? joined : undefined,
      header: (start?.output.octets ?? 0) === 0,
    });
    const hasHead = isJson || (start?.rejects?.octets ?? 0) > 0;
    this.#rejectsHead = hasHead ? "" : rejectsHeader(joined.map(({ name }) => name));
    this.#keeper = start === undefined || flags.checkpointPath === undefined
      ? undefined
      : new CheckpointKeeper({ path: flags.checkpointPath, start, output: answers, rejects });
  }

  /** True if the answers go to a terminal. */
  get isTerminal(): boolean {
    return this.#answers.sink.isTerminal;
  }

  /** Writes what came of rows. A promise holds the next ones back. */
  write(
    { answers, rows, rejections, dealtWith, goesBeyond }: Outcome,
  ): Promise<void> | undefined {
    let patience: Promise<void> | undefined;
    if (answers.length > 0) patience = this.#writeAnswers(this.#format(answers, rows));
    for (const { row } of rejections) this.#keeper?.rejected(recordsOf(row).length);
    if (rejections.length > 0 && this.#rejects !== undefined) {
      const text = this.#rejectsHead + formatRejects(rejections);
      this.#rejectsHead = "";
      this.#keeper?.wroteRejects(text);
      const other = this.#rejects.sink.write(text);
      if (other !== undefined) patience = patience === undefined ? other : both(patience, other);
    }
    if (!goesBeyond) this.#keeper?.note(dealtWith);
    return patience;
  }

  /** Writes what is due at the end: a header if there were no answers. */
  async finish(): Promise<void> {
    await this.#writeAnswers(this.#writer.finish());
    if (this.#rejectsHead !== "") await this.#rejects?.sink.write(this.#rejectsHead);
    await this.#answers.sink.flush();
    await this.#rejects?.sink.flush();
  }

  /** Writes the last checkpoint; undefined if none is kept. */
  async finishCheckpoint(isFinished: boolean): Promise<KeptRun | undefined> {
    return await this.#keeper?.finish({ isFinished });
  }

  /** Harmless when repeated. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#keeper?.close();
    try {
      await this.#answers.close();
    } finally {
      await this.#rejects?.close();
    }
  }

  /** Answers that are text already stand between the others; rows are not joined to them. */
  #format(answers: readonly Message[], rows: readonly CsvRecord[]): string {
    if (!answers.some((answer) => answer instanceof AnswerText)) {
      return this.#writer.write(answers, rows);
    }
    // The header, if it has not been written.
    let text = this.#writer.write([]);
    for (const answer of answers) {
      text += answer instanceof AnswerText ? answer.text : this.#writer.write([answer]);
    }
    return text;
  }

  #writeAnswers(text: string): Promise<void> | undefined {
    this.#keeper?.wroteOutput(text);
    return this.#answers.sink.write(text);
  }
}

async function both(one: Promise<void>, other: Promise<void>): Promise<void> {
  await one;
  await other;
}

/** A file that a run goes on with is cut to what the checkpoint covers; one that it begins is emptied. */
function kept(octets: number | undefined): number | undefined {
  return octets === 0 ? undefined : octets;
}
