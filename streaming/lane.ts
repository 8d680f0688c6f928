import type { CallStatus } from "../rpc/mod.ts";
import type { AnswerText, Message, OctetSink, WrittenAnswers } from "../tabular/mod.ts";

/** Rows that follow each other. */
export interface RowRange {
  readonly firstRow: number;
  readonly count: number;
}

/** What is needed of a `ClientCall` whose messages are plain objects, as the schema layer encodes them. */
export interface RowCall {
  /** True once the call has its status. */
  readonly isDone: boolean;
  /** False if there was no connection for the call: what it was given has not left. Undefined where nobody knows. */
  readonly isStarted?: boolean | undefined;
  /** Never rejects. */
  readonly status: Promise<CallStatus>;
  readonly responses: {
    /**
     * Waits for the first; empty at the end. Each is a message, or the place where it waits as text.
     *
     * @throws RpcError
     */
    nextBatch(limit: number): Promise<(Message | WrittenAnswers)[]>;
  };
  /** False when the next one should wait for `ready()`. @throws RpcError for a message that cannot be encoded */
  send(message: Message): boolean;
  /** Rejects if the call ends first. */
  ready(): Promise<void>;
  end(): void;
  cancel(message?: string): void;
  /** Where messages may be appended that are encoded already, each with its prefix; undefined where they may not. */
  readonly encodedOutput?: OctetSink | undefined;
  /** Sends what was appended there in this turn; false as `send()`. */
  sentEncoded?(count: number): boolean;
}

/** A way for rows to the server and for answers back: one call, or a call for each row; again after a failure. */
export interface Lane {
  /** Whether a row can be sent now. The host is woken when that may have changed. */
  readonly isOpen: boolean;
  /** Sends a row; only while the lane is open. @throws RpcError for a message that cannot be encoded */
  send(rowNumber: number, message: Message): void;
  /** As that of a `RowCall`; only while the lane is open. */
  readonly encodedOutput?: OctetSink | undefined;
  /** Sends rows that were appended there in this turn. With one answer for all rows their numbers mean nothing. */
  sentEncoded?(rows: RowRange): void;
  /** No more rows follow. */
  end(): void;
  /** Gives up on what is unanswered. */
  cancel(reason: string): void;
  /** Works until the lane is over, however that came. Never rejects. */
  run(): Promise<CallStatus>;
}

/** What a lane needs of the run that it belongs to. */
export interface LaneHost {
  /** The message of a row that is to be sent again. */
  messageOf(rowNumber: number): Message;
  isWaiting(rowNumber: number): boolean;
  /** An answer, and the whole of it, for a row that waits. */
  answer(rowNumber: number, answer: Message, nowMs: number): void;
  /** The answers of rows that follow each other, and wait, as one text. */
  answerRange(rows: RowRange, text: AnswerText, nowMs: number): void;
  /** An answer that belongs to no row. */
  stray(answer: Message): void;
  /** Hands on what is settled. A promise holds the next answers back. */
  emit(): Promise<void> | undefined;
  /** Something may have changed for whoever waits to send. */
  wake(): void;
  /** So many rows were sent that had been sent before. */
  resent(count: number): void;
  /** Aborts when the run is to end soon: failures are final from then on. */
  readonly stopping: AbortSignal;
}
