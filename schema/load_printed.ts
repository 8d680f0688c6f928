import { loadSchema } from "./load_schema.ts";
import { printProtos } from "./print_protos.ts";
import type { Reflected } from "./reflect.ts";
import type { Schema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";
import { withTemporaryProtos } from "./temporary_protos.ts";

/**
 * Makes a schema of descriptors: of all their services but reflection itself.
 *
 * The descriptors become `.proto` files on the way: what @grpc/proto-loader 0.8.1 makes of the descriptors of a
 * grpc-js server takes every message with a map for an entry of a map.
 *
 * @param source where they come from, for messages
 * @throws SchemaError if there is no service, or what they say cannot be understood
 */
export async function loadPrintedSchema(described: Reflected, source: string): Promise<Schema> {
  const services = described.services.filter((name) => !name.startsWith("grpc.reflection."));
  if (services.length === 0) throw new SchemaError(`Cannot use ${source}: it defines no service`);
  const printed = printProtos({ ...described, services }, { name: "services", all: true });
  const schema = await withTemporaryProtos(
    printed,
    (main, folder) => loadSchema([main], { importPaths: [folder] }),
  );
  return { source, services: schema.services };
}
