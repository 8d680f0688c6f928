import type { Connection } from "../connecting/mod.ts";
import { readContract } from "../inspecting/mod.ts";
import { loadSources, NoReflectionError, printProtos, withTemporaryProtos } from "../schema/mod.ts";
import { baseName, type Origin } from "./origin.ts";

/** How to ask the server. */
export interface ServerOriginOptions {
  /** Time for all its answers, in ms; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Makes `.proto` files of what a server says of itself by reflection.
 *
 * @throws CommandError if the server cannot be reached, or refuses
 * @throws SchemaError if it has no reflection, or no service of its own
 */
export async function readServerOrigin(
  connection: Connection,
  { timeoutMs }: ServerOriginOptions = {},
): Promise<Origin> {
  const printed = printProtos(await readReflected(connection, timeoutMs), { name: "services" });
  const sources = await withTemporaryProtos(
    printed,
    (main, folder) => loadSources(main, { importPaths: [folder] }),
  );
  return { sources, defaultOut: baseName(printed.main), origins: new Map(), notes: [] };
}

async function readReflected(connection: Connection, timeoutMs: number | undefined) {
  try {
    return await readContract(
      { reflectionTimeoutMs: timeoutMs },
      () => Promise.resolve(connection),
    );
  } catch (error) {
    // Its own sentence does not name --proto, which `scaffold` does not have.
    if (error instanceof Error && error.cause instanceof NoReflectionError) throw error.cause;
    throw error;
  }
}
