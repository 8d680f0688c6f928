import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { dirname, resolve } from "node:path";
import { createSchema } from "./create_schema.ts";
import { explainLoadFailure } from "./explain_load_failure.ts";
import { LOADER_OPTIONS } from "./loader_options.ts";
import { readImports } from "./read_imports.ts";
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
  // Errors spell a file as the user did.
  const spellings = new Map(files.map((file) => [resolve(file), file]));
  const paths = [...spellings.keys()];
  const folders = [
    ...new Set([
      ...paths.map((path) => dirname(path)),
      ...(options.importPaths ?? []).map((folder) => resolve(folder)),
    ]),
  ];
  const ordered = await readImports(spellings, folders);
  const source = files.join(", ");
  const schema = createSchema(loadAll(spellings, folders, ordered), source);
  if (schema.services.length === 0) {
    throw new SchemaError(`Cannot use "${source}": it defines no service`);
  }
  return schema;
}

/**
 * The synchronous loader on purpose: the asynchronous one of @grpc/proto-loader 0.8.1 throws an undefined
 * type out of a file system callback, past the promise, and ends the process.
 */
function loadAll(
  spellings: ReadonlyMap<string, string>,
  folders: readonly string[],
  ordered: readonly string[],
): PackageDefinition {
  const options = { ...LOADER_OPTIONS, includeDirs: [...folders] };
  try {
    return loadSync([...spellings.keys()], options);
  } catch (error) {
    // Most of the loader's errors do not name the file; the first one that fails on its own is it, as
    // `ordered` puts every file after its imports.
    for (const path of ordered) {
      try {
        loadSync(path, options);
      } catch (failure) {
        throw explainLoadFailure(path, spellings.get(path) ?? path, failure);
      }
    }
    // Each is right on its own: they contradict each other.
    const all = [...spellings.values()].join(", ");
    throw explainLoadFailure(all, all, error);
  }
}
