import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CommandError } from "../cli/mod.ts";
import { databrokerHandlers } from "../services/mod.ts";
import { describeError } from "./describe_error.ts";
import { explainTypeScript } from "./explain_typescript.ts";

/** What a module exports, by name. */
export type HandlersModule = Readonly<Record<string, unknown>>;

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
    throw fail(
      cause instanceof Deno.errors.NotFound ? "there is no such file" : describeError(cause),
      cause,
    );
  });
  if (!file.isFile) throw fail("it is no file");
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw fail(await explainTypeScript(path, cause) ?? explainLoadFailure(cause), cause);
  }
}

/** The first line of an error, and the place where Deno found it: between them it prints the source in colour. */
function explainLoadFailure(error: unknown): string {
  // deno-lint-ignore no-control-regex -- colours begin with one
  const text = describeError(error).replace(/\u001b\[\d*m/g, "");
  const [first = ""] = text.split("\n");
  const place = /^ *at (\S+:\d+:\d+)$/m.exec(text)?.[1];
  return first.replace(/^SyntaxError: /, "").replace(/\.$/, "") +
    (place === undefined ? "" : ` at ${place}`);
}
