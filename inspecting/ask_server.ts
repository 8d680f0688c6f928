import { CommandError } from "../cli/mod.ts";
import type { Connection } from "../connecting/mod.ts";
import { NoReflectionError, type ReflectionSession, withReflection } from "../schema/mod.ts";

/**
 * Asks a server by reflection.
 *
 * @throws CommandError if the server cannot be reached, or has no reflection
 * @throws RpcError if it refuses, SchemaError if it does not know its own files
 */
export async function askServer<Result>(
  connection: Connection,
  use: (session: ReflectionSession) => Promise<Result>,
): Promise<Result> {
  const { channel, metadata, target } = connection;
  await connection.connect();
  try {
    return await withReflection(channel, { target: target.text, metadata }, use);
  } catch (cause) {
    if (!(cause instanceof NoReflectionError)) throw cause;
    throw new CommandError(
      `Cannot read the services of "${target.text}": it has no reflection; name its .proto with --proto`,
      { cause },
    );
  }
}
