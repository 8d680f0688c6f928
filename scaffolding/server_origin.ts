import type { Connection } from "../connecting/mod.ts";
import { readContract } from "../inspecting/mod.ts";
import { loadSources, NoReflectionError, printProtos, withTemporaryProtos } from "../schema/mod.ts";
import { baseName, type Origin } from "./origin.ts";
import { ScaffoldError } from "./scaffold_error.ts";

/** A file that neither hides nor is taken for a flag, in folders that do not either. */
const FILE_NAME = /^(?:[\w@+][\w@+.-]*\/)*[\w@+][\w@+.-]*\.proto$/;

/** How to ask the server. */
export interface ServerOriginOptions {
  /** Time for all its answers, in ms; default 10,000. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Makes `.proto` files of what a server says of itself by reflection.
 *
 * @throws ScaffoldError if it calls a file something that a `.proto` must not be called
 * @throws CommandError if the server cannot be reached, or refuses
 * @throws SchemaError if it has no reflection, or no service of its own
 */
export async function readServerOrigin(
  connection: Connection,
  { timeoutMs }: ServerOriginOptions = {},
): Promise<Origin> {
  const { files, services } = await readReflected(connection, timeoutMs);
  // A grpc-js server has a dot before services without a package.
  const named = { files, services: services.map((name) => name.replace(/^\./, "")) };
  const printed = printProtos(named, { name: "services" });
  for (const name of printed.files.keys()) checkFileName(name);
  const sources = await withTemporaryProtos(
    printed,
    (main, folder) => loadSources(main, { importPaths: [folder] }),
  );
  return { sources, defaultOut: baseName(printed.main), origins: new Map(), notes: [] };
}

/** The name comes from a stranger: it must not become `server.ts`, `.npmrc` or a flag in a command of the README. */
function checkFileName(name: string): void {
  if (FILE_NAME.test(name)) return;
  throw new ScaffoldError(
    `Cannot scaffold the server's file ${
      JSON.stringify(name)
    }: its name must end in .proto, and no part of it may ` +
      "begin with . or -; scaffold a .proto of your own instead",
  );
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
