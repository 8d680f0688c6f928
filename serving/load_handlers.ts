import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { explainFileFailure } from "../cli/explain_file_failure.ts";
import { CommandError } from "../cli/mod.ts";
import { databrokerHandlers } from "../services/mod.ts";
import { explainImportFailure } from "./explain_import_failure.ts";
import { explainTypeScript } from "./explain_typescript.ts";

/** What a module exports, by name. */
export type HandlersModule = Readonly<Record<string, unknown>>;

/** Endings of the modules that handlers can be in. */
const MODULE = /\.[cm]?[jt]sx?$/i;
const WANTED = "--handlers takes a module in TypeScript or JavaScript (.ts, .js)";

/**
 * Imports the module of the handlers; without a path, what stands for it: the built-in databroker.
 *
 * @throws CommandError
 */
export async function loadHandlers(path: string | undefined): Promise<HandlersModule> {
  if (path === undefined) return { handlers: databrokerHandlers };
  const fail = (reason: string, cause?: unknown) =>
    new CommandError(`Cannot load the handlers "${path}": ${reason}`, { cause });
  const file = await Deno.stat(path).catch((cause) => {
    throw fail(explainFileFailure(cause), cause);
  });
  if (file.isDirectory) throw fail(`it is a folder; ${WANTED}`);
  // Deno would take anything for JavaScript, and stumble over its text.
  if (!file.isFile || !MODULE.test(path)) throw fail(`it is no module; ${WANTED}${adviseOn(path)}`);
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    const reason = await explainTypeScript(path, cause) ??
      explainImportFailure(cause, import.meta.url);
    throw fail(reason, cause);
  }
}

/** For files that belong elsewhere on the command line. */
function adviseOn(path: string): string {
  if (path.endsWith(".proto")) return `; this is for broker serve ${path} --handlers FILE.ts`;
  return /\.[ct]sv$/.test(path) ? "; rows are for broker stream" : "";
}
