import { withTimeout } from "../../support/with_timeout.ts";

/** Registers a test that fails by name when it takes too long, instead of hanging. */
export function testTimed(
  name: string,
  run: (t: Deno.TestContext) => Promise<void>,
  options: { readonly timeoutMs?: number; readonly ignore?: boolean } = {},
): void {
  const { timeoutMs = 20_000, ignore = false } = options;
  Deno.test({ name, ignore, fn: (t) => withTimeout(run(t), timeoutMs, `the end of "${name}"`) });
}
