import type { Channel } from "../rpc/mod.ts";
import { loadPrintedSchema } from "./load_printed.ts";
import { reflect, type ReflectOptions } from "./reflect.ts";
import type { Schema } from "./schema.ts";

/**
 * Reads the schema of a server that answers reflection: all its services but reflection itself.
 *
 * @throws RpcError if the server cannot be reached or refuses
 * @throws SchemaError if it has no reflection, or what it says cannot be understood
 */
export async function loadReflectedSchema(
  channel: Channel,
  options: ReflectOptions,
): Promise<Schema> {
  const reflected = await reflect(channel, options);
  return await loadPrintedSchema(reflected, `the reflection of ${options.target}`);
}
