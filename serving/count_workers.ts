import { UsageError } from "../cli/mod.ts";
import type { ServeContext } from "./serve_context.ts";

/** How many threads the flags ask for. @throws UsageError where several cannot share the address */
export function countWorkers({ flags }: ServeContext): number {
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
  return flags.workers === 0 ? navigator.hardwareConcurrency : flags.workers;
}
