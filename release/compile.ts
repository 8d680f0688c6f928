/** `deno task compile`: the binary for this machine, or for all. docs/install.md shows it. */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { compileTarget } from "./compile_target.ts";
import { FURTHER_PERMISSIONS } from "./permissions.ts";
import { readCommit } from "./read_commit.ts";
import { ROOT } from "./root.ts";
import { findTarget, hostTarget, type Target, TARGETS } from "./targets.ts";

const HELP = `Build the binary with the Deno that runs this; 2.7.14 or later.

Usage: deno task compile [flags]

  --all             for Linux, macOS and Windows, each into a folder of dist/
  --target TRIPLE   for this target; several times for several
  --output FILE     default: dist/broker; not with --all or --target
  --allow NAME      ${FURTHER_PERMISSIONS.join(", ")}: beyond what broker needs, for handlers

Deno downloads a runtime for each target. Where it cannot, DENORT_BIN names one on disk; that
one is for this machine, so all other targets are refused.
`;

/** What to build, and where to. */
interface Build {
  readonly target: Target;
  readonly output: string;
}

async function compile(args: readonly string[]): Promise<void> {
  const { values: flags } = parseArgs({
    args: [...args],
    options: {
      all: { type: "boolean", default: false },
      target: { type: "string", multiple: true, default: [] },
      output: { type: "string" },
      allow: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (flags.help) return console.log(HELP);
  const unknown = flags.allow.find((name) => !FURTHER_PERMISSIONS.some((known) => known === name));
  if (unknown !== undefined) {
    throw new Error(
      `Cannot use --allow "${unknown}": it takes ${FURTHER_PERMISSIONS.join(", ")}`,
    );
  }
  const commit = await readCommit();
  for (const { target, output } of planBuilds(flags)) {
    const startMs = performance.now();
    await compileTarget(target, { output, commit, furtherPermissions: flags.allow });
    const { size } = await Deno.stat(output);
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    console.log(`${output}: ${target.triple}, ${(size / 1e6).toFixed(0)} MB, in ${seconds} s`);
  }
}

/** @throws Error for flags that contradict each other, and for targets that cannot be built here */
function planBuilds(flags: {
  readonly all: boolean;
  readonly target: readonly string[];
  readonly output?: string | undefined;
}): Build[] {
  const host = hostTarget();
  if (!flags.all && flags.target.length === 0) {
    return [{ target: host, output: resolve(flags.output ?? `${ROOT}dist/${host.fileName}`) }];
  }
  if (flags.output !== undefined) {
    throw new Error("Cannot combine --output with --all or --target: each has a folder of its own");
  }
  const targets = flags.all ? TARGETS : flags.target.map(findTarget);
  const other = targets.find((target) => target !== host);
  if (other !== undefined && (Deno.env.get("DENORT_BIN") ?? "") !== "") {
    throw new Error(
      `Cannot build for ${other.triple} with DENORT_BIN: it names the runtime of ${host.triple}`,
    );
  }
  return targets.map((target) => ({
    target,
    output: `${ROOT}dist/${target.triple}/${target.fileName}`,
  }));
}

try {
  await compile(Deno.args);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  Deno.exit(1);
}
