import { serveSpec } from "../cli/commands/serve_spec.ts";
import { UsageError } from "../cli/mod.ts";
import type { ServeContext } from "./serve_context.ts";

/** How many threads the flags ask for. @throws UsageError where several cannot share the address */
export function countWorkers(flags: Pick<ServeContext["flags"], "host" | "workers">): number {
  if (flags.workers === 1) return 1;
  const asked = `--workers ${flags.workers}`;
  if (flags.host.startsWith("unix:")) {
    throw new UsageError(
      `Cannot combine ${asked} with --host unix:…: a Unix socket has one listener; serve TCP`,
    );
  }
  if (Deno.build.os !== "linux") {
    throw new UsageError(
      `Cannot use ${asked} on ${Deno.build.os}: only Linux spreads the connections of a port`,
    );
  }
  const { maximum } = serveSpec.flags.workers;
  return flags.workers === 0 ? Math.min(navigator.hardwareConcurrency, maximum) : flags.workers;
}
