import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import type { HotPathFigures } from "./figures.ts";

/** Measures in a process of its own: what else runs in this one would change what V8 compiles. */
export async function measureHotPath(root = repositoryPath("")): Promise<HotPathFigures> {
  const { code, stdout, stderr } = await runProgram([
    Deno.execPath(),
    "run",
    // A nursery that does not grow while it is measured.
    "--v8-flags=--min-semi-space-size=16,--max-semi-space-size=16",
    "-A",
    "--no-check",
    `${root}tests/hot_path/measure.ts`,
  ]);
  if (code !== 0) throw new Error(`Cannot measure the hot path: ${stderr}`);
  return JSON.parse(stdout);
}
