import { UsageError } from "../cli/mod.ts";

/** @throws UsageError for flags that contradict each other */
export function checkPageFlags(given: ReadonlySet<string>): void {
  if (!given.has("noWeb")) return;
  const others = { webPort: "--web-port", webHost: "--web-host", webReadOnly: "--web-read-only" };
  for (const [property, flag] of Object.entries(others)) {
    if (!given.has(property)) continue;
    throw new UsageError(`Cannot combine --no-web with ${flag}: there is no page without one`);
  }
}
