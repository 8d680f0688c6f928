import { CommandError, type Talk } from "../cli/mod.ts";
import type { Connection } from "../connecting/mod.ts";
import { wait } from "../rpc/abortable.ts";
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
export async function connectPatiently(
  connection: Connection,
  { flags, io, talk }: PatienceOptions,
): Promise<void> {
  const retries = new Retries({ limit: flags.retry });
  for (;;) {
    try {
      return await connection.connect();
    } catch (error) {
      const { cause } = error instanceof CommandError ? error : { cause: undefined };
      if (!(error instanceof CommandError) || !(cause instanceof RpcError)) throw error;
      const status = { code: cause.code, message: error.message, trailers: new Metadata() };
      const waitMs = retries.next(status);
      if (waitMs === undefined) throw error;
      talk.say(`${error.message}; trying again in ${(waitMs / 1000).toFixed(1)} s`, "yellow");
      await wait(waitMs, io.interrupted);
    }
  }
}
