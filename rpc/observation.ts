import type { CallRecord } from "./server_call.ts";

/**
 * Sees a message that passes. What it throws goes nowhere, and it is not called again.
 *
 * @param index how many came before it on its side of the call
 * @param read gives the message, decoded; not to be changed
 * @returns false when it has seen enough: it is not called again
 */
export type MessagePeek = (index: number, read: () => unknown) => boolean;

/**
 * A call that runs on a server, for who watches it: to be looked at from time to time. What it tells is counted anyway,
 * so that a call which nobody looks at costs no more than before.
 */
export interface LiveCall {
  /** `/package.Service/Method`, as the client sent it: the server need not have such a method. */
  readonly path: string;
  readonly peer: string;
  /** When it began, by the clock of `performance.now()`. */
  readonly startedMs: number;
  /** Requests read so far, and answers written. */
  readonly received: number;
  readonly sent: number;
  /** Octets of them as they travel, each message with its prefix of five. */
  readonly receivedOctets: number;
  readonly sentOctets: number;
  /** Lets somebody see each request from the next one on, in the place of who saw them before; undefined ends it. */
  peekRequests(peek: MessagePeek | undefined): void;
  /** The same for answers. */
  peekResponses(peek: MessagePeek | undefined): void;
}

/** Is told of every call of a server, as it happens: what it does must be quick. What it throws is logged. */
export interface ServerObserver {
  /** A call begins. Not told of what is refused as no gRPC, or for what its head asks. */
  callStarted(call: LiveCall): void;
  /** A call ended: one that began, or one that was refused at once, which has no `call`. */
  callEnded(record: CallRecord, call: LiveCall | undefined): void;
}
