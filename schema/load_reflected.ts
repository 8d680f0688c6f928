import type { Channel } from "../rpc/mod.ts";
import { loadSchema } from "./load_schema.ts";
import { printProtos } from "./print_protos.ts";
import { reflect, type ReflectOptions } from "./reflect.ts";
import type { Schema } from "./schema.ts";
import { withTemporaryProtos } from "./temporary_protos.ts";

/**
 * Reads the schema of a server that answers reflection: all its services but reflection itself.
 *
 * The descriptors become `.proto` files on the way: what @grpc/proto-loader 0.8.1 makes of the descriptors of a
 * grpc-js server takes every message with a map for an entry of a map.
 *
 * @throws RpcError if the server cannot be reached or refuses
 * @throws SchemaError if it has no reflection, or what it says cannot be understood
 */
export async function loadReflectedSchema(
  channel: Channel,
  options: ReflectOptions,
): Promise<Schema> {
  const reflected = await reflect(channel, options);
  const printed = printProtos(reflected, { name: "services", all: true });
  const { services } = await withTemporaryProtos(
    printed,
    (main, folder) => loadSchema([main], { importPaths: [folder] }),
  );
  return { source: `the reflection of ${options.target}`, services };
}
