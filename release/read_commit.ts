import { ROOT } from "./root.ts";
import { runCommand } from "./run_command.ts";

/** What the binary was built from. */
export interface Commit {
  /** Abbreviated. */
  readonly commit: string;
  /** Whether the checkout had changes that are in no commit. */
  readonly changed: boolean;
}

/**
 * The commit of this checkout; undefined where nobody knows it.
 *
 * Without git or its folder, as in the image, BROKER_COMMIT says it.
 */
export async function readCommit(): Promise<Commit | undefined> {
  const told = Deno.env.get("BROKER_COMMIT") ?? "";
  if (told !== "") return { commit: told, changed: false };
  try {
    // Of an archive that was unpacked into somebody's repository, that would be somebody's commit.
    const folder = await runCommand(["git", "rev-parse", "--show-prefix"], { cwd: ROOT });
    if (folder.trim() !== "") return undefined;
    const commit = await runCommand(["git", "rev-parse", "--short=7", "HEAD"], { cwd: ROOT });
    const changes = await runCommand(["git", "status", "--porcelain"], { cwd: ROOT });
    return { commit: commit.trim(), changed: changes !== "" };
  } catch {
    return undefined;
  }
}
