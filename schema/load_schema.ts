import { basename } from "node:path";
import { createSchema } from "./create_schema.ts";
import { loadDefinitions } from "./load_definitions.ts";
import type { ProtoFile } from "./read_imports.ts";
import type { ProtoText, Schema } from "./schema.ts";
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
  const schema = requireService(createSchema(definitions, source));
  return { ...schema, files: read.map(nameProto) };
}

function nameProto({ path, text, targets }: ProtoFile): ProtoText {
  const [name = basename(path), ...others] = targets;
  return { names: [name, ...others], text };
}

/** @throws {SchemaError} if nothing can be called */
export function requireService(schema: Schema): Schema {
  if (schema.services.length > 0) return schema;
  throw new SchemaError(`Cannot use "${schema.source}": it defines no service`);
}
