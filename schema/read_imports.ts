import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { SchemaError } from "./schema_error.ts";

/** One `import` statement of a `.proto`. */
export interface ProtoImport {
  readonly target: string;
  readonly line: number;
  /** A weak import may be missing. */
  readonly weak: boolean;
  /** Whoever imports this file sees what is imported here, too. */
  readonly isPublic: boolean;
  /** `import option` of edition 2024: for the options that the file defines, not for its types. It may be missing, too. */
  readonly isOption: boolean;
}

/**
 * The `google/protobuf/` files that `@grpc/proto-loader` carries along, so that no folder need hold them; each after
 * those that it imports.
 */
export const BUNDLED_FILES: ReadonlySet<string> = new Set(
  [
    "any",
    "descriptor",
    "duration",
    "empty",
    "field_mask",
    "source_context",
    "struct",
    "timestamp",
    "type",
    "wrappers",
    "api",
  ].map((name) => `google/protobuf/${name}.proto`),
);

/** Whether an import names a file that is always there. */
export function isBundledFile(target: string): boolean {
  return BUNDLED_FILES.has(target);
}

/** Deep enough for any real tree; an import cycle ends earlier, because each file is visited once. */
const MAX_IMPORTED_FILES = 10_000;

/** A comment, an `import` up to its target, or a string, in that order; each may go on to the end of the text or line. */
const IMPORT_SCANNER =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\bimport\s+(?:(public|weak|option)\s+)?(?:"([^"\n]+)"|'([^'\n]+)')|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?/g;

/** Finds the `import` statements of a `.proto`, leaving comments and strings alone. */
export function findImports(source: string): ProtoImport[] {
  const imports: ProtoImport[] = [];
  let line = 1;
  let counted = 0;
  for (const match of source.matchAll(IMPORT_SCANNER)) {
    const target = match[2] ?? match[3];
    if (target === undefined) continue;
    line += source.slice(counted, match.index).split("\n").length - 1;
    counted = match.index;
    imports.push({
      target,
      line,
      weak: match[1] === "weak",
      isPublic: match[1] === "public",
      isOption: match[1] === "option",
    });
  }
  return imports;
}

/** A file that was read, because it was asked for or because another one imports it. */
export interface ProtoFile {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** How other files import it; empty for one that none imports. More than one only if they disagree. */
  readonly targets: ReadonlySet<string>;
}

/**
 * Follows the imports of `files` through `folders` before the loader does, because the loader reports a
 * missing import as a missing file in the working directory and writes a warning of its own.
 *
 * @param files how the user spelt each file, by its absolute path
 * @returns all files, each after the files that it imports
 * @throws {SchemaError} for a file or an import that cannot be read
 */
export async function readImports(
  files: ReadonlyMap<string, string>,
  folders: readonly string[],
): Promise<ProtoFile[]> {
  const visited = new Set<string>();
  const ordered: ProtoFile[] = [];
  const targets = new Map<string, Set<string>>();
  const visit = async (path: string): Promise<void> => {
    if (visited.has(path)) return;
    if (visited.size >= MAX_IMPORTED_FILES) {
      throw new SchemaError(
        `Cannot load "${path}": more than ${MAX_IMPORTED_FILES} files imported`,
      );
    }
    visited.add(path);
    const spelling = files.get(path) ?? path;
    const text = await readProto(path, spelling);
    const own = new Set<string>();
    targets.set(path, own);
    for (const { target, line, weak, isOption } of findImports(text)) {
      if (BUNDLED_FILES.has(target)) continue;
      const found = await locate(target, folders);
      if (found !== undefined) {
        await visit(found);
        targets.get(found)?.add(target);
      } else if (!weak && !isOption) throw unresolvedImport(spelling, line, target, folders);
    }
    ordered.push({ path, text, targets: own });
  };
  for (const path of files.keys()) await visit(path);
  return ordered;
}

function unresolvedImport(
  path: string,
  line: number,
  target: string,
  folders: readonly string[],
): SchemaError {
  const searched = folders.map((folder) => `"${folder}"`).join(", ");
  return new SchemaError(
    `Cannot load "${path}" line ${line}: the import "${target}" is in none of the folders ${searched}; ` +
      `name its root with -I`,
  );
}

async function readProto(path: string, spelling: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new SchemaError(`Cannot read "${spelling}": ${describeReadFailure(error)}`, {
      cause: error,
    });
  }
}

function describeReadFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder, not a .proto file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}

async function locate(target: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, target);
    const found = await stat(path).then((entry) => entry.isFile(), () => false);
    if (found) return path;
  }
  return undefined;
}
