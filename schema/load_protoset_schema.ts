import { loadPrintedSchema } from "./load_printed.ts";
import type { LoadedProtosets } from "./load_protosets.ts";
import { isBundledFile } from "./read_imports.ts";
import type { Schema } from "./schema.ts";

/**
 * Makes a schema of sets of descriptors.
 *
 * @throws SchemaError if there is no service, or what they say cannot be understood
 */
export async function loadProtosetSchema(sets: LoadedProtosets): Promise<Schema> {
  // They are printed to files under names that are paths anywhere, and find their imports by types, not by names.
  const files = [...sets.files].map(([name, octets], index) =>
    [isBundledFile(name) ? name : `${index}.proto`, octets] as const
  );
  return await loadPrintedSchema({ ...sets, files: new Map(files) }, sets.source);
}
