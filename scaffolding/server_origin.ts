import { findAbsence } from "../certificates/mod.ts";
import { CommandError } from "../cli/mod.ts";
import { Channel, RpcError } from "../rpc/mod.ts";
import { loadSources, printProtos, reflect, withTemporaryProtos } from "../schema/mod.ts";
import { baseName, type Origin } from "./origin.ts";

/** How to reach the server. */
export interface ServerOriginOptions {
  /** Time to connect, and time to answer, in ms. */
  readonly timeoutMs: number;
}

/**
 * Makes `.proto` files of what a server says of itself by reflection.
 *
 * @throws CommandError if nobody is there, RpcError if the server cannot be reached otherwise
 * @throws SchemaError if it has no reflection, or no service of its own
 */
export async function readServerOrigin(
  target: string,
  { timeoutMs }: ServerOriginOptions,
): Promise<Origin> {
  using channel = new Channel(target, { connectTimeoutMs: timeoutMs });
  await connect(channel, target);
  const reflected = await reflect(channel, { target, timeoutMs });
  const printed = printProtos(reflected, { name: "services" });
  const sources = await withTemporaryProtos(
    printed,
    (main, folder) => loadSources(main, { importPaths: [folder] }),
  );
  return { sources, defaultOut: baseName(printed.main), origins: new Map(), notes: [] };
}

async function connect(channel: Channel, target: string): Promise<void> {
  try {
    await channel.connect();
  } catch (cause) {
    const absence = cause instanceof RpcError ? findAbsence(cause) : undefined;
    if (absence === undefined) throw cause;
    throw new CommandError(`Cannot connect to ${target}: ${absence}`, { cause });
  }
}
