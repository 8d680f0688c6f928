/** Something about a scaffold's folder or its input is not as it must be; the message is one sentence. */
export class ScaffoldError extends Error {
  override readonly name = "ScaffoldError";
}

/** Why a file or folder cannot be read or written, in words. */
export function explainFailure(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
      return "there is no such folder";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EXDEV":
      return "a link in it leads to another file system";
    case "EROFS":
      return "the file system is read-only";
    case "ENOTDIR":
      return "a part of the path is a file, not a folder";
    case "EISDIR":
      return "it is a folder, not a file";
    case "ENOSPC":
      return "the disk is full";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
