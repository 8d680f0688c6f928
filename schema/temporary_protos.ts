import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PrintedProtos } from "./print_protos.ts";

/**
 * Puts `.proto` files that exist only as text into a temporary folder, as the loader reads nothing else.
 *
 * @param use is given the path of the main file and the folder that imports start from; the folder is removed when it
 * has settled
 */
export async function withTemporaryProtos<Result>(
  { main, files }: PrintedProtos,
  use: (main: string, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "broker-protos-"));
  try {
    for (const [name, text] of files) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    }
    return await use(join(folder, main), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
