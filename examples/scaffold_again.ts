/**
 * `deno task examples`: writes what `broker scaffold` generates in the examples anew, after a change of codegen/.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { processIo } from "../cli/process_io.ts";
import { run } from "../main.ts";

const io = processIo();
for await (const { name, isDirectory } of Deno.readDir(new URL(".", import.meta.url))) {
  const folder = fileURLToPath(new URL(name, import.meta.url));
  if (!isDirectory || !await wasScaffolded(folder)) continue;
  const code = await run(["scaffold", `${folder}/${name}.proto`, "--out", folder], io);
  if (code !== 0) Deno.exit(code);
}
Deno.exit(0);

async function wasScaffolded(folder: string): Promise<boolean> {
  try {
    return (await Deno.stat(`${folder}/gen/scaffold.json`)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
