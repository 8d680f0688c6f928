import { loadSchema } from "./load_schema.ts";
import { printProtos } from "./print_protos.ts";
import { quoteSource } from "./quote_source.ts";
import type { Reflected } from "./reflect.ts";
import type { Schema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";
import { withTemporaryProtos } from "./temporary_protos.ts";

/** How a sentence about a file begins. */
const PLACE = /^Cannot (?:load|parse) "[^"]*"(?: line \d+(?: column \d+)?)?: /;

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
  if (services.length === 0) throw unusable(source, "it defines no service");
  const printed = printProtos({ ...described, services }, { name: "services", all: true });
  const schema = await withTemporaryProtos(printed, async (main, folder) => {
    try {
      return await loadSchema([main], { importPaths: [folder] });
    } catch (error) {
      if (!(error instanceof SchemaError)) throw error;
      // The file that it names is one of ours, and soon gone.
      throw unusable(source, error.message.replace(PLACE, ""), error);
    }
  });
  return { source, services: schema.services };
}

function unusable(source: string, reason: string, cause?: unknown): SchemaError {
  return new SchemaError(`Cannot use ${quoteSource(source)}: ${reason}`, { cause });
}
