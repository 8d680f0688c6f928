import type { CallStatus } from "../rpc/mod.ts";
import type { Message } from "../tabular/mod.ts";

/** What is needed of a `ClientCall` whose messages are plain objects, as the schema layer encodes them. */
export interface RowCall {
  /** True once the call has its status. */
  readonly isDone: boolean;
  /** Never rejects. */
  readonly status: Promise<CallStatus>;
  readonly responses: {
    /** Waits for the first; empty at the end. @throws RpcError */
    nextBatch(limit: number): Promise<Message[]>;
  };
  /** False when the next one should wait for `ready()`. @throws RpcError for a message that cannot be encoded */
  send(message: Message): boolean;
  /** Rejects if the call ends first. */
  ready(): Promise<void>;
  end(): void;
  cancel(message?: string): void;
}

/** A way for rows to the server and for answers back: one call, or a call for each row; again after a failure. */
export interface Lane {
  /** Whether a row can be sent now. The host is woken when that may have changed. */
  readonly isOpen: boolean;
  /** Sends a row; only while the lane is open. @throws RpcError for a message that cannot be encoded */
  send(rowNumber: number, message: Message): void;
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
  /** An answer that belongs to no row. */
  stray(answer: Message): void;
  /** Hands on what is settled. A promise holds the next answers back. */
  emit(): Promise<void> | undefined;
  /** Something may have changed for whoever waits to send. */
  wake(): void;
  /** A row is sent once more. */
  resent(): void;
  /** Aborts when the run is to end soon: failures are final from then on. */
  readonly stopping: AbortSignal;
}
