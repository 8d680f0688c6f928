import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import "./bool_keys.ts";
import { isOfEdition, loadEditions } from "./edition_definitions.ts";
import { explainClash, explainLoadFailure } from "./explain_load_failure.ts";
import { LOADER_OPTIONS } from "./loader_options.ts";
import { findImports, type ProtoFile, readImports } from "./read_imports.ts";
import { SchemaError } from "./schema_error.ts";

/** What `@grpc/proto-loader` made of some files, and the files. */
export interface LoadedDefinitions {
  readonly definitions: PackageDefinition;
  /** All files but the bundled ones, each after the files that it imports. */
  readonly files: readonly ProtoFile[];
  /** The names of the files as the user spelt them, for messages. */
  readonly source: string;
}

/**
 * Reads `.proto` files and everything that they import, in any order; `loadSchema()` says where imports are looked for.
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
  const read = await readImports(spellings, folders);
  const ordered = withoutCopies(read);
  checkText(ordered, spellings);
  if (spellings.size > 1) await checkNeighbours(ordered, spellings);
  const entries = new Set(paths.map((path) => findKept(path, read, ordered)));
  const definitions = loadAll([...entries], { spellings, folders, ordered });
  return { definitions, files: ordered, source: [...spellings.values()].join(", ") };
}

/** What was given twice, as a link or a copy, counts once, under the name that others import it by. */
function withoutCopies(files: readonly ProtoFile[]): ProtoFile[] {
  return files.filter((file, at) =>
    file.targets.size > 0 ||
    !files.some((other, index) =>
      index !== at && other.text === file.text && (other.targets.size > 0 || index < at)
    )
  );
}

/** The path of a file, or of what it is a copy of. */
function findKept(
  path: string,
  read: readonly ProtoFile[],
  kept: readonly ProtoFile[],
): string {
  if (kept.some((file) => file.path === path)) return path;
  const text = read.find((file) => file.path === path)?.text;
  return kept.find((file) => file.text === text)?.path ?? path;
}

function checkText(files: readonly ProtoFile[], spellings: ReadonlyMap<string, string>): void {
  const binary = files.find(({ text }) => text.includes("\0"));
  if (binary === undefined) return;
  throw new SchemaError(
    `Cannot read "${
      spellings.get(binary.path) ?? binary.path
    }": it is binary, not the text of a .proto; ` +
      "a set of descriptors is for the --protoset of call, list, describe, bench and stream",
  );
}

/**
 * All files share the folders of imports: what stands beside one of them may be hidden by a file of the same name
 * beside one before it.
 */
async function checkNeighbours(
  files: readonly ProtoFile[],
  spellings: ReadonlyMap<string, string>,
): Promise<void> {
  const owners = new Map(files.flatMap((file) => [...file.targets].map((name) => [name, file])));
  for (const { path, text } of files) {
    const spelling = spellings.get(path);
    if (spelling === undefined) continue;
    for (const { target, line } of findImports(text)) {
      const owner = owners.get(target);
      const beside = join(dirname(path), target);
      if (owner === undefined || owner.path === beside) continue;
      const other = await readFile(beside, "utf8").catch(() => undefined);
      if (other === undefined || other === owner.text) continue;
      throw new SchemaError(
        `Cannot load "${spelling}" line ${line}: the import "${target}" may mean "${beside}" or "${owner.path}"; ` +
          "give the files beside them in commands of their own",
      );
    }
  }
}

/**
 * The synchronous loader on purpose: the asynchronous one of @grpc/proto-loader 0.8.1 throws an undefined
 * type out of a file system callback, past the promise, and ends the process.
 */
function loadAll(
  entries: string[],
  { spellings, folders, ordered }: {
    readonly spellings: ReadonlyMap<string, string>;
    readonly folders: readonly string[];
    readonly ordered: readonly ProtoFile[];
  },
): PackageDefinition {
  const options = { ...LOADER_OPTIONS, includeDirs: [...folders] };
  try {
    return loadEditions(ordered) ?? loadSync(entries, options);
  } catch (error) {
    const clash = explainClash(ordered, spellings, error);
    if (clash !== undefined) throw clash;
    const fault = findFault(ordered, (count) => {
      const files = ordered.slice(0, count);
      return loadEditions(files) ?? loadSync(files.slice(-1).map(({ path }) => path), options);
    });
    if (fault !== undefined) {
      const { path, failure } = fault;
      throw explainLoadFailure(path, spellings.get(path) ?? path, failure);
    }
    // Each is right on its own: they contradict each other.
    const all = [...spellings.values()].join(", ");
    throw explainLoadFailure(all, all, error);
  }
}

/**
 * Finds the file that cannot be loaded, which most of the loader's errors do not name: the first one that fails on its
 * own, as every file stands after its imports; undefined if none does.
 *
 * @param load loads the last of so many files, with all before it where one is of an edition
 */
function findFault(
  ordered: readonly ProtoFile[],
  load: (count: number) => unknown,
): { readonly path: string; readonly failure: unknown } | undefined {
  const tryLoad = (count: number): { readonly failure: unknown } | undefined => {
    try {
      load(count);
      return undefined;
    } catch (failure) {
      return { failure };
    }
  };
  const firstEdition = ordered.findIndex(isOfEdition);
  const plain = firstEdition < 0 ? ordered : ordered.slice(0, firstEdition);
  for (const [index, { path }] of plain.entries()) {
    const fault = tryLoad(index + 1);
    if (fault !== undefined) return { path, ...fault };
  }
  if (firstEdition < 0) return undefined;
  // Once so many fail, more fail as well. One by one, three hundred would take a minute.
  let [right, wrong] = [firstEdition, ordered.length];
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2);
    if (tryLoad(middle) === undefined) right = middle;
    else wrong = middle;
  }
  const fault = tryLoad(wrong);
  const path = ordered[wrong - 1]?.path;
  return fault === undefined || path === undefined ? undefined : { path, ...fault };
}
