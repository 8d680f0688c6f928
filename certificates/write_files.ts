import { CertificateError } from "./certificate_error.ts";

/** A file to be written. */
export interface NewFile {
  readonly path: string;
  readonly text: string;
  /** Nobody but its owner may read it, from its first moment on. */
  readonly isSecret: boolean;
}

const SECRET_MODE = 0o600;
const PUBLIC_MODE = 0o644;

/** Of these files, those that are there. */
export async function findExisting(files: readonly NewFile[]): Promise<NewFile[]> {
  const found: NewFile[] = [];
  for (const file of files) {
    try {
      await Deno.lstat(file.path);
      found.push(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw unwritable(file.path, error);
    }
  }
  return found;
}

/**
 * Writes all files, in place of those that are there, or none: each is complete under a temporary name beside it before
 * the first is given its own.
 *
 * @throws CertificateError
 */
export async function writeFiles(files: readonly NewFile[]): Promise<void> {
  for (const { path } of files) await refuseFolder(path);
  const temporary = files.map(({ path }) => `${path}.${crypto.randomUUID()}.tmp`);
  try {
    for (const [at, file] of files.entries()) await writeNew(temporary[at], file);
    for (const [at, { path }] of files.entries()) await rename(temporary[at], path);
  } finally {
    // Those that were renamed are gone.
    for (const path of temporary) await Deno.remove(path).catch(() => {});
  }
}

/** A folder cannot be replaced by a file, which would be found out with half of the files in place. */
async function refuseFolder(path: string): Promise<void> {
  const isFolder = await Deno.lstat(path).then(({ isDirectory }) => isDirectory, () => false);
  if (isFolder) throw new CertificateError(`Cannot write "${path}": it is a directory`);
}

async function writeNew(path: string, { text, isSecret, path: finalPath }: NewFile): Promise<void> {
  try {
    const mode = isSecret ? SECRET_MODE : PUBLIC_MODE;
    using file = await Deno.open(path, { write: true, createNew: true, mode });
    const octets = new TextEncoder().encode(text);
    for (let at = 0; at < octets.length;) at += await file.write(octets.subarray(at));
    await file.sync();
  } catch (cause) {
    throw unwritable(finalPath, cause);
  }
}

async function rename(from: string, to: string): Promise<void> {
  try {
    await Deno.rename(from, to);
  } catch (cause) {
    throw unwritable(to, cause);
  }
}

function unwritable(path: string, cause: unknown): CertificateError {
  return new CertificateError(`Cannot write "${path}": ${explain(cause)}`, { cause });
}

function explain(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotADirectory) return "its folder is a file";
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/ \(os error \d+\).*$/, "");
}
