import { RpcError, Status } from "../rpc/mod.ts";
import { BUILTIN_SOURCE, SchemaError } from "../schema/mod.ts";
import { NoTableError, TabularError } from "../tabular/mod.ts";

/**
 * Ends the sentence of an error that a wrong contract would explain: who streams to a server that does not tell its own
 * is told which one was taken in its place. Any other error stays as it is.
 *
 * @param source that of the schema in use
 */
export function explainTaken(source: string, error: unknown): unknown {
  if (source !== BUILTIN_SOURCE || !(error instanceof Error)) return error;
  const message =
    `${error.message}; the server did not say what it offers and was taken for ${source}: ` +
    "if it is another, check the target or name its .proto with --proto";
  if (error instanceof NoTableError) return error;
  if (error instanceof TabularError) {
    const line = error.line === undefined ? {} : { line: error.line };
    return new TabularError(message, { cause: error, ...line });
  }
  if (error instanceof SchemaError) return new SchemaError(message, { cause: error });
  if (!(error instanceof RpcError) || error.code !== Status.UNIMPLEMENTED) return error;
  const { code, details, metadata } = error;
  return new RpcError(code, message, { details, metadata, cause: error });
}
