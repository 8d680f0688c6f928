import type { SCHEMA_FLAGS } from "../cli/commands/connection_flags.ts";
import { type ParsedFlags, UsageError } from "../cli/mod.ts";
import {
  loadProtosetSchema,
  loadReflectedSchema,
  loadSchema,
  NoReflectionError,
  type Schema,
} from "../schema/mod.ts";
import { RpcError } from "../rpc/mod.ts";
import { explainNoReflection } from "./explain_no_reflection.ts";
import type { Connection } from "./open_connection.ts";
import { readProtosets } from "./read_protosets.ts";
import { hintOfEnd } from "./stranger_hint.ts";
import { tokenHint } from "./token_hint.ts";

/** The parsed flags of `SCHEMA_FLAGS`; those that are left out were not given. */
export type SchemaFlags = Partial<ParsedFlags<typeof SCHEMA_FLAGS>>;

/**
 * Whether files say what the server speaks, so that it need not be asked.
 *
 * @throws UsageError for folders of imports without a file that has any
 */
export function hasSchemaFiles(
  { protoPaths = [], protosetPaths = [], importPaths = [] }: SchemaFlags,
): boolean {
  if (protoPaths.length === 0 && importPaths.length > 0) {
    throw new UsageError("Cannot use -I without --proto: name the file that it is for");
  }
  return protoPaths.length + protosetPaths.length > 0;
}

/**
 * What a server speaks: `--proto`, `--protoset`, or else what the server says of itself.
 *
 * @throws CommandError if the server cannot be reached, or has no reflection
 * @throws RpcError if it refuses, SchemaError for a schema that cannot be used
 */
export async function readServerSchema(
  flags: SchemaFlags,
  connection: Connection,
): Promise<Schema> {
  if (hasSchemaFiles(flags)) return await loadFiles(flags);
  const { channel, metadata, target } = connection;
  await connection.connect();
  try {
    return await loadReflectedSchema(channel, { target: target.text, metadata });
  } catch (cause) {
    if (cause instanceof RpcError) throw withHint(cause, connection);
    throw cause instanceof NoReflectionError ? explainNoReflection(cause, target) : cause;
  }
}

async function loadFiles(
  { protoPaths = [], protosetPaths = [], importPaths = [] }: SchemaFlags,
): Promise<Schema> {
  if (protoPaths.length > 0) return await loadSchema(protoPaths, { importPaths });
  return await loadProtosetSchema(await readProtosets(protosetPaths));
}

/** The same error; its sentence says what to do, where that is known. */
function withHint(error: RpcError, { metadata: sent, target }: Connection): RpcError {
  const { code, message, details, metadata } = error;
  const hint = tokenHint(code, sent) + hintOfEnd(error, target);
  return hint === ""
    ? error
    : new RpcError(code, message + hint, { details, metadata, cause: error });
}
