import type { PageSource } from "../dashboard/serve_page.ts";
import type { Address, ServerTls } from "../rpc/mod.ts";
import type { Schema } from "../schema/mod.ts";

/** What was read before a server starts. */
export interface ServingParts {
  readonly schema: Schema;
  readonly tls: ServerTls | undefined;
}

/** A server that listens, in this thread or in several workers. */
export interface Serving {
  /** With the port that was picked. */
  readonly address: Address;
  /** Threads that serve. */
  readonly workers: number;
  /** Rejects when it can serve no longer; never settles otherwise. */
  readonly failed: Promise<never>;
  /** What its page is made of; undefined where it can have none. */
  readonly page?: PageSource;
  /** Takes no more calls, and lets those that run finish within the grace period, in ms. */
  stop(graceMs: number): Promise<void>;
  /** Gives up what it still holds; to be called in the end. */
  close(): Promise<void>;
}
