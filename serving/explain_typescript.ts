import { basename } from "node:path";

/**
 * Says what to do about handlers in TypeScript where the runtime takes JavaScript only, as binaries on Deno before 2.8.2
 * do; undefined where that is not what is wrong.
 *
 * @param cause what `import()` of the module at `path` threw
 */
export async function explainTypeScript(path: string, cause: unknown): Promise<string | undefined> {
  if (!(cause instanceof SyntaxError)) return undefined;
  // The message ends with the place: a module may import another that is at fault.
  const file = /(\S+):\d+:\d+$/.exec(cause.message)?.[1] ?? path;
  if (!/\.m?tsx?$/.test(file) || await takesTypeScript()) return undefined;
  const name = basename(path);
  const bundled = `${name.replace(/\.\w+$/, "")}.js`;
  return `it is TypeScript, and this broker's runtime, Deno ${Deno.version.deno}, takes JavaScript only; ` +
    `in its folder, "npx --yes deno@2.9.6 bundle --output ${bundled} ${name}" makes it that`;
}

/** Asks the runtime itself: versions say less, and a binary may be built on any. */
async function takesTypeScript(): Promise<boolean> {
  try {
    await import("data:application/typescript,export default 0 as number");
    return true;
  } catch {
    return false;
  }
}
