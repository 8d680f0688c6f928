import { createSchema } from "./create_schema.ts";
import { loadDefinitions } from "./load_definitions.ts";
import { nameProtos } from "./name_protos.ts";
import { readJsonNames } from "./read_json_names.ts";
import type { Schema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";

/** Where to look for imports. */
export interface LoadSchemaOptions {
  /** Folders to search after those of the files themselves; default none. */
  readonly importPaths?: readonly string[];
}

/**
 * Reads `.proto` files and everything that they import.
 *
 * Imports are searched in the folder of each file, then in `importPaths`, in this order; the
 * `google/protobuf/` files are always there.
 *
 * @throws {SchemaError} if a file or an import cannot be read or parsed, or if there is no service
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const schema = await loadSchema(["proto/databroker.proto"]);
 * assert.equal(schema.services[0]?.methods[0]?.kind, "bidirectional");
 * ```
 */
export async function loadSchema(
  files: readonly string[],
  options: LoadSchemaOptions = {},
): Promise<Schema> {
  const { definitions, source, files: read } = await loadDefinitions(files, options);
  const jsonNames = readJsonNames(read.map(({ text }) => text));
  const schema = requireService(createSchema(definitions, source, { jsonNames }));
  return { ...schema, files: nameProtos(read) };
}

/** @throws {SchemaError} if nothing can be called */
export function requireService(schema: Schema): Schema {
  if (schema.services.length > 0) return schema;
  throw new SchemaError(`Cannot use "${schema.source}": it defines no service`);
}
