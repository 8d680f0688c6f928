import { fileURLToPath } from "node:url";
import { loadSchema } from "./load_schema.ts";
import type { Schema } from "./schema.ts";

/** The databroker's contract; a compiled binary carries it (`deno compile --include proto`). */
const DATABROKER_PROTO = new URL("../proto/databroker.proto", import.meta.url);

/** The `source` of `builtinSchema()`. */
export const BUILTIN_SOURCE = "the built-in databroker";

/**
 * The built-in databroker: measurements in, predictions out.
 *
 * @throws {SchemaError} if a compiled binary was built without `--include proto`
 */
export async function builtinSchema(): Promise<Schema> {
  const schema = await loadSchema([fileURLToPath(DATABROKER_PROTO)]);
  return { ...schema, source: BUILTIN_SOURCE };
}
