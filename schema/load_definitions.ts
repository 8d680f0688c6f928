import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { dirname, resolve } from "node:path";
import { explainLoadFailure } from "./explain_load_failure.ts";
import { LOADER_OPTIONS } from "./loader_options.ts";
import { type ProtoFile, readImports } from "./read_imports.ts";

/** What `@grpc/proto-loader` made of some files, and the files. */
export interface LoadedDefinitions {
  readonly definitions: PackageDefinition;
  /** All files but the bundled ones, each after the files that it imports. */
  readonly files: readonly ProtoFile[];
  /** The names of the files as the user spelt them, for messages. */
  readonly source: string;
}

/**
 * Reads `.proto` files and everything that they import; `loadSchema()` says where imports are looked for.
 *
 * @throws {SchemaError} if a file or an import cannot be read or parsed
 */
export async function loadDefinitions(
  files: readonly string[],
  options: { readonly importPaths?: readonly string[] } = {},
): Promise<LoadedDefinitions> {
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
  const definitions = loadAll(spellings, folders, ordered.map(({ path }) => path));
  return { definitions, files: ordered, source: files.join(", ") };
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
