import {
  access,
  chmod,
  constants,
  copyFile,
  link,
  mkdir,
  mkdtemp,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import process from "node:process";
import type { Folder } from "./folder.ts";
import type { PlannedFile } from "./plan_update.ts";
import { explainFailure, ScaffoldError } from "./scaffold_error.ts";

/** A step that was taken, and how to take it back. */
type Undo = () => Promise<void>;

/**
 * Does what was planned: all files are written into a temporary folder first and then moved, so that a failure leaves
 * everything as it was. A file that is replaced is so at once: who is killed has the old one or the new one.
 *
 * @returns the names of the backups that were made
 * @throws ScaffoldError if something cannot be written
 */
export async function applyUpdate(
  folder: Folder,
  files: readonly PlannedFile[],
): Promise<string[]> {
  const changed = files.filter(({ text, action }) => text !== undefined || action === "remove");
  if (changed.length === 0) return [];
  try {
    return folder.exists ? await update(folder.name, changed) : await create(folder.name, changed);
  } catch (error) {
    throw new ScaffoldError(`Cannot write "${folder.name}": ${explainFailure(error)}`, {
      cause: error,
    });
  }
}

/** A folder that is not there yet comes into being with one rename. */
async function create(name: string, files: readonly PlannedFile[]): Promise<string[]> {
  const target = resolve(name);
  const made = await mkdir(dirname(target), { recursive: true });
  const stage = await mkdtemp(join(dirname(target), `.${basename(target)}-`)).catch(
    removeAfter(made),
  );
  try {
    await writeAll(stage, files);
    // What mkdtemp makes is for its owner alone.
    await chmod(stage, 0o777 & ~process.umask());
    await rename(stage, target);
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    return await removeAfter(made)(error);
  }
  return [];
}

/** Removes the folders that had to be made, then fails. */
function removeAfter(made: string | undefined): (error: unknown) => Promise<never> {
  return async (error) => {
    if (made !== undefined) await rm(made, { recursive: true, force: true });
    throw error;
  };
}

async function update(name: string, files: readonly PlannedFile[]): Promise<string[]> {
  const stage = await mkdtemp(join(name, ".scaffold-"));
  const undo: Undo[] = [];
  const backups: string[] = [];
  try {
    await writeAll(join(stage, "new"), files);
    await mkdir(join(stage, "old"));
    for (const [index, file] of files.entries()) {
      const target = await resolveLink(join(name, file.path));
      const old = join(stage, "old", String(index));
      if (file.action === "replace") {
        const backup = await freeName(`${target}.bak`);
        await keep(target, backup, undo);
        backups.push(backup);
      } else if (file.action === "remove") {
        await move(target, old, undo);
      } else if (file.action !== "create") {
        await keep(target, old, undo);
      }
      if (file.text === undefined) continue;
      await copyMode(old, join(stage, "new", file.path));
      const made = await mkdir(dirname(target), { recursive: true });
      if (made !== undefined) undo.push(() => rm(made, { recursive: true, force: true }));
      if (file.action === "create") await move(join(stage, "new", file.path), target, undo);
      else await rename(join(stage, "new", file.path), target);
    }
  } catch (error) {
    for (const step of undo.reverse()) await step().catch(() => {});
    throw error;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
  return backups;
}

/** Where a link leads: the file there is replaced, not the link. */
async function resolveLink(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

/** A file that was there before leaves its permissions to the one that comes in its place. */
async function copyMode(from: string, to: string): Promise<void> {
  const old = await stat(from).catch(() => undefined);
  if (old !== undefined) await chmod(to, old.mode & 0o777);
}

async function move(from: string, to: string, undo: Undo[]): Promise<void> {
  await rename(from, to);
  undo.push(() => rename(to, from));
}

/** Gives a file a second name: the first is never without one, even if we are killed before the new file comes there. */
async function keep(path: string, second: string, undo: Undo[]): Promise<void> {
  // Not every file system has more than one name for a file.
  await link(path, second).catch(() => copyFile(path, second, constants.COPYFILE_EXCL));
  undo.push(async () => {
    await rename(second, path);
    // Between two names of one file, a rename does nothing.
    await rm(second, { force: true });
  });
}

async function writeAll(root: string, files: readonly PlannedFile[]): Promise<void> {
  for (const { path, text } of files) {
    if (text === undefined) continue;
    const target = join(root, path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
  }
}

/** The name, or else the first of `name.1`, `name.2`, … that is free: a backup never replaces another. */
async function freeName(name: string): Promise<string> {
  for (let number = 0;; number++) {
    const candidate = number === 0 ? name : `${name}.${number}`;
    const isTaken = await access(candidate).then(() => true, () => false);
    if (!isTaken) return candidate;
  }
}
