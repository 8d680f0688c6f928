import type { SCHEMA_FLAGS } from "../cli/commands/connection_flags.ts";
import { CommandError, type ParsedFlags, UsageError } from "../cli/mod.ts";
import { loadReflectedSchema, loadSchema, NoReflectionError, type Schema } from "../schema/mod.ts";
import { type Metadata, RpcError } from "../rpc/mod.ts";
import type { Connection } from "./open_connection.ts";
import { tokenHint } from "./token_hint.ts";

/** The parsed flags of `SCHEMA_FLAGS`. */
export type SchemaFlags = ParsedFlags<typeof SCHEMA_FLAGS>;

/**
 * What a server speaks: `--proto`, or else what the server says of itself.
 *
 * @throws CommandError if the server cannot be reached, or has no reflection
 * @throws RpcError if it refuses, SchemaError for a schema that cannot be used
 */
export async function readServerSchema(
  flags: SchemaFlags,
  connection: Connection,
): Promise<Schema> {
  const { protoPath, importPaths } = flags;
  if (protoPath !== undefined) return await loadSchema([protoPath], { importPaths });
  if (importPaths.length > 0) {
    throw new UsageError("Cannot use -I without --proto: name the file that it is for");
  }
  const { channel, metadata, target } = connection;
  await connection.connect();
  try {
    return await loadReflectedSchema(channel, { target: target.text, metadata });
  } catch (cause) {
    if (cause instanceof RpcError) throw withHint(cause, metadata);
    if (!(cause instanceof NoReflectionError)) throw cause;
    throw new CommandError(
      `Cannot read the services of "${target.text}": it has no reflection; name its .proto with --proto`,
      { cause },
    );
  }
}

/** The same error; its sentence names the flag that is missing, if one is. */
function withHint(error: RpcError, sent: Metadata): RpcError {
  const { code, message, details, metadata } = error;
  const hint = tokenHint(code, sent);
  return hint === ""
    ? error
    : new RpcError(code, message + hint, { details, metadata, cause: error });
}
