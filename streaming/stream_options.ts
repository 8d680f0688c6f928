import type { CallStatus } from "../rpc/mod.ts";
import type { MethodKind } from "../schema/mod.ts";
import type { CsvRecord, Message, RowMapper } from "../tabular/mod.ts";
import type { ReadId } from "./answer_join.ts";
import type { EncodedRows } from "./encoded_rows.ts";
import type { RowCall } from "./lane.ts";
import type { LatencySummary } from "./latency.ts";
import type { Pacer } from "./pacer.ts";
import type { Rejection } from "./rejection.ts";
import type { RetryOptions } from "./retries.ts";
import type { GroupedRows } from "./row.ts";

/** What is needed of a `RowGrouper`. */
export interface Grouper {
  /** Whether the next row may still belong to the rows before it. */
  readonly isOpen: boolean;
  /** The rows before this one, if it begins new ones. @throws RowError for this row alone */
  push(record: CsvRecord): GroupedRows | undefined;
  finish(): GroupedRows | undefined;
}

/** What came of rows, in the order of the input. */
export interface Outcome {
  /** Messages; an `AnswerText` among them stands for one or more that are written as it says. */
  readonly answers: readonly Message[];
  /** The row of each answer, as far as rows are kept; answers beyond the rows stand at the end, without one. */
  readonly rows: readonly CsvRecord[];
  readonly rejections: readonly Rejection[];
  /** Records of the input, from the first on and without a gap, that are dealt with once this is written. */
  readonly dealtWith: number;
  /** True if there are answers of rows beyond those: of a row that has more to come, or behind one without an answer. */
  readonly goesBeyond: boolean;
}

/** How rows are sent. */
export interface StreamRowsOptions {
  readonly kind: MethodKind;
  /** `/package.Service/Method`, for messages. */
  readonly path: string;
  /** Makes a call on each of the connections that share the rows; at least one. */
  readonly openCalls: readonly (() => RowCall)[];
  readonly mapper: RowMapper;
  /** In place of the mapper, where rows are one message together. */
  readonly grouper?: Grouper | undefined;
  /** The fast path of lines that come as they are; without it they are read by the mapper. Not with `grouper`, `ids` or `pacer`. */
  readonly encodedRows?: EncodedRows | undefined;
  /** Rows sent and not answered, at most; over all connections. */
  readonly maxInFlight: number;
  /** Whether `onOutcome` wants the rows. They are kept for retries in any case. */
  readonly wantsRows?: boolean | undefined;
  /** A row that does not fit the message: `stop` ends the input before it, `skip` leaves it out. */
  readonly onBadRow: "stop" | "skip";
  /** With `skip`: rows that may be left out. Default: any number. */
  readonly maxErrors?: number | undefined;
  /** Takes what came of rows. A promise holds the next ones back. */
  readonly onOutcome: (outcome: Outcome) => Promise<void> | undefined;
  /** How rows and answers name each other. Default: answers come in the order of the rows. */
  readonly ids?: { readonly request: ReadId; readonly answer: ReadId } | undefined;
  readonly retry?: RetryOptions | undefined;
  /** Default: as fast as the server takes them. */
  readonly pacer?: Pacer | undefined;
  /**
   * Told once if, for `stallMs`, rows wait for room and no answer comes: a server that does not answer every row needs
   * a larger `maxInFlight`.
   */
  readonly onStall?: ((unanswered: number) => void) | undefined;
  /** Default 5,000. */
  readonly stallMs?: number | undefined;
  /** Stops reading rows; those sent are still waited for, for `drainMs`. */
  readonly stop: AbortSignal;
  readonly drainMs: number;
}

/** How far a run is. */
export interface StreamCounts {
  readonly read: number;
  readonly sent: number;
  readonly answered: number;
  readonly rejected: number;
  /** Rows that are sent and wait for their answers. */
  readonly inFlight: number;
  readonly latency: LatencySummary | undefined;
}

/** What became of the rows. */
export interface StreamSummary {
  readonly read: number;
  readonly sent: number;
  readonly answered: number;
  readonly rejected: number;
  /** Rows that were sent and rejected, because their own call failed. */
  readonly refused: number;
  /** Answers of the rows answered, where a row can have any number. */
  readonly answers: number;
  /** Answers beyond the rows. */
  readonly surplus: number;
  /** Answers with an id that no row waits for, and the first such id. */
  readonly strays: { readonly count: number; readonly firstId: string };
  /** Rows that were sent again; what was only given to a call that found no connection was not sent. */
  readonly resent: number;
  /** The line of the first row that was sent and has no answer. */
  readonly firstUnansweredLine: number | undefined;
  readonly durationMs: number;
  readonly latency: LatencySummary | undefined;
  /** How the call ended; not OK, too, if an answer could not be read. Of several calls, the first that failed. */
  readonly status: CallStatus;
  /** The line of the row whose own call failed, where each has one. */
  readonly failedLine: number | undefined;
  /** False if there may be rows that nobody read, because the call, a stop or an error was the end. */
  readonly inputEnded: boolean;
  /** What ended the input early: a bad row, an unreadable file. The rows before it were sent. */
  readonly inputError: unknown;
}
