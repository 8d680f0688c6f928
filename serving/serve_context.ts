import type { serveSpec } from "../cli/commands/serve_spec.ts";
import type { CommandContext, Talk } from "../cli/mod.ts";

/** What `broker serve` was asked for, and where it reads and writes. */
export interface ServeContext
  extends CommandContext<typeof serveSpec.flags, typeof serveSpec.positionals> {
  /**
   * For what each of several workers would say alike, as it starts or reads files again: it is said once. Where there is
   * one server, the same as `talk`.
   */
  readonly common: Talk;
}
