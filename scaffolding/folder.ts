import { createHash } from "node:crypto";
import { readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, MANIFEST_PATH, parseManifest } from "../codegen/mod.ts";
import { explainFailure, ScaffoldError } from "./scaffold_error.ts";

/** The folder of a scaffold as it is before a run. */
export interface Folder {
  /** As the user spelt it. */
  readonly name: string;
  readonly exists: boolean;
  /** Of the last run; undefined if there was none. */
  readonly manifest: Manifest | undefined;
  /** What a file holds; undefined if there is none. @throws ScaffoldError */
  read(path: string): Promise<string | undefined>;
  /** Whether a file of the folder is that one, by whatever links. */
  isSame(path: string, other: string): Promise<boolean>;
}

/** Looks at the folder. @throws ScaffoldError if it is a file, cannot be read, or holds a manifest of somebody else */
export async function openFolder(name: string): Promise<Folder> {
  let exists = true;
  try {
    const entry = await stat(name);
    if (!entry.isDirectory()) {
      throw new ScaffoldError(`Cannot scaffold into "${name}": it is a file, not a folder`);
    }
  } catch (error) {
    if (error instanceof ScaffoldError) throw error;
    if (!isMissing(error)) {
      throw new ScaffoldError(`Cannot scaffold into "${name}": ${explainFailure(error)}`, {
        cause: error,
      });
    }
    exists = false;
  }
  const read = (path: string) => readText(join(name, path));
  const text = exists ? await read(MANIFEST_PATH) : undefined;
  const manifest = text === undefined ? undefined : parseManifest(text);
  if (text !== undefined && manifest === undefined) {
    throw new ScaffoldError(
      `Cannot scaffold into "${name}": ${MANIFEST_PATH} is not as broker scaffold wrote it; take it from your last ` +
        "commit (of a merge, either side will do), or choose another folder with --out",
    );
  }
  return {
    name,
    exists,
    manifest,
    read,
    isSame: async (path, other) => {
      try {
        return await realpath(join(name, path)) === await realpath(other);
      } catch {
        return false;
      }
    },
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    // Strict: what is not UTF-8 would come back changed.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    if (error instanceof TypeError) {
      throw new ScaffoldError(`Cannot read "${path}": it is not UTF-8`, { cause: error });
    }
    throw new ScaffoldError(`Cannot read "${path}": ${explainFailure(error)}`, { cause: error });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

/** The SHA-256 of a text, in hex. */
export function hashText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
