import { readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MANIFEST_PATH, parseManifest } from "../codegen/mod.ts";
import { loadSources, type Sources } from "../schema/mod.ts";
import { ScaffoldError } from "./scaffold_error.ts";

/** What a folder is made from. */
export interface Origin {
  readonly sources: Sources;
  /** The folder to write, where the user does not say. */
  readonly defaultOut: string;
  /** Where copied files come from, by their path in the folder; none for files that were made up. */
  readonly origins: ReadonlyMap<string, string>;
  /** In place of made-up rows: what `sample.csv` holds. */
  readonly sampleCsv?: string;
  /** Further flags of `broker stream` for it. */
  readonly streamFlags?: string;
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[];
}

/** Reads a `.proto`. @throws SchemaError */
export async function readProtoOrigin(
  path: string,
  importPaths: readonly string[],
): Promise<Origin> {
  const sources = await loadSources(path, { importPaths });
  for (const { name } of sources.files) checkFileName(name);
  return {
    sources,
    defaultOut: await isScaffold(path) ? dirname(path) : baseName(path),
    origins: new Map(sources.files.map(({ name, path }) => [name, path])),
    notes: [],
  };
}

/** File names go into tasks, comments and imports of what is generated; there they must mean themselves. */
function checkFileName(name: string): void {
  if (/^(?!-)[\p{L}\p{N}_.+/-]+$/u.test(name)) return;
  throw new ScaffoldError(
    `Cannot scaffold ${
      JSON.stringify(name)
    }: a file name may hold letters, digits and . _ + - only; ` +
      `rename it`,
  );
}

/** Whether the `.proto` lies in the folder that was scaffolded from it. */
async function isScaffold(path: string): Promise<boolean> {
  const manifest = join(dirname(path), MANIFEST_PATH);
  try {
    return parseManifest(await readFile(manifest, "utf8"))?.proto === basename(path);
  } catch {
    return false;
  }
}

/** The name of a file without its ending. */
export function baseName(path: string): string {
  return basename(path).replace(/\.[^.]+$/, "");
}
