import { CommandError, exitCodeOfStatus } from "../cli/mod.ts";
import { type Connection, explainNoReflection, hintOfEnd, tokenHint } from "../connecting/mod.ts";
import { RpcError, statusName } from "../rpc/mod.ts";
import { NoReflectionError, type ReflectionSession, withReflection } from "../schema/mod.ts";

/**
 * Asks a server by reflection.
 *
 * @param timeoutMs time for all answers; default 10,000
 * @throws CommandError if the server cannot be reached, has no reflection, or refuses
 * @throws SchemaError if it does not know its own files
 */
export async function askServer<Result>(
  connection: Connection,
  use: (session: ReflectionSession) => Promise<Result>,
  timeoutMs?: number,
): Promise<Result> {
  const { channel, metadata, target } = connection;
  await connection.connect();
  try {
    return await withReflection(channel, { target: target.text, metadata, timeoutMs }, use);
  } catch (cause) {
    if (cause instanceof RpcError) {
      const { code, message } = cause;
      throw new CommandError(
        `Cannot read the services of "${target.text}" by reflection: ${
          statusName(code)
        }: ${message}${tokenHint(code, metadata)}${hintOfEnd(cause, target)}`,
        { cause, exitCode: exitCodeOfStatus(code) },
      );
    }
    throw cause instanceof NoReflectionError ? explainNoReflection(cause, target) : cause;
  }
}
