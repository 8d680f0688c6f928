import { CommandError, type Talk } from "../cli/mod.ts";
import type { Connection } from "../connecting/mod.ts";
import { untilAborted, wait } from "../rpc/abortable.ts";
import { RpcError } from "../rpc/mod.ts";
import { Metadata } from "../rpc/mod.ts";
import { Retries } from "./retries.ts";

/** What the wait depends on. */
export interface PatienceOptions {
  readonly flags: { readonly retry: number };
  readonly io: { readonly interrupted: AbortSignal };
  readonly talk: Talk;
}

/**
 * Connects, with as many attempts as `--retry` allows.
 *
 * @throws CommandError after the last of them, InterruptedError
 */
export function connectPatiently(connection: Connection, options: PatienceOptions): Promise<void> {
  return tryPatiently(() => connection.connect(), options);
}

/**
 * Asks something of the server, with as many attempts as `--retry` allows: it may go away between any two questions.
 *
 * @throws what the last of them threw, InterruptedError
 */
export async function tryPatiently<Value>(
  ask: () => Promise<Value>,
  { flags, io, talk }: PatienceOptions,
): Promise<Value> {
  const retries = new Retries({ limit: flags.retry });
  for (;;) {
    try {
      return await untilAborted(ask(), io.interrupted);
    } catch (error) {
      const cause = error instanceof CommandError ? error.cause : error;
      if (!(error instanceof Error) || !(cause instanceof RpcError)) throw error;
      const status = { code: cause.code, message: error.message, trailers: new Metadata() };
      const waitMs = retries.next(status);
      if (waitMs === undefined) throw error;
      talk.say(`${error.message}; trying again in ${(waitMs / 1000).toFixed(1)} s`, "yellow");
      await wait(waitMs, io.interrupted);
    }
  }
}
