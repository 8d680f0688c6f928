import assert from "node:assert/strict";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";

/** What `deno info --json` says of a module. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}

/** Files of main.ts that are there before a command is chosen; each costs about 0.3 ms. */
const MAX_MODULES = 40;

Deno.test("help and version load the command line and nothing else", async () => {
  const { stdout, code, stderr } = await runProgram(
    [Deno.execPath(), "info", "--json", repositoryPath("main.ts")],
  );
  assert.equal(code, 0, stderr);
  const { roots, modules }: { roots: string[]; modules: ModuleInfo[] } = JSON.parse(stdout);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const loaded = new Set<string>();
  const visit = (specifier: string) => {
    if (loaded.has(specifier)) return;
    loaded.add(specifier);
    for (const { isDynamic, code } of byName.get(specifier)?.dependencies ?? []) {
      if (!isDynamic && code?.specifier !== undefined) visit(code.specifier);
    }
  };
  roots.forEach(visit);
  // node:util, node:zlib or a package alone would double the time of "broker --version".
  const strangers = [...loaded].filter((specifier) =>
    !/\/(?:cli\/[\w/]+\.ts|main\.ts|deno\.json)$/.test(specifier) || !specifier.startsWith("file:")
  );
  assert.deepEqual(strangers, []);
  assert.ok(loaded.size > 20 && loaded.size <= MAX_MODULES, `${loaded.size} modules`);
});
