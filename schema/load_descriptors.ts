import { describeProtos } from "./describe_protos.ts";
import { loadDefinitions } from "./load_definitions.ts";
import { readNotes } from "./read_comments.ts";
import type { LoadSchemaOptions } from "./load_schema.ts";
import { nameProtos } from "./name_protos.ts";
import { isBundledFile } from "./read_imports.ts";

/** What `.proto` files say, as a server with reflection would say it, and their comments. */
export interface LoadedDescriptors {
  /** Encoded `google.protobuf.FileDescriptorProto`s by file name, without the bundled ones. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** By full name; `readNotes()` says of what. */
  readonly comments: ReadonlyMap<string, string>;
  /** The names of the files as the user spelt them, for messages. */
  readonly source: string;
}

/**
 * Reads `.proto` files and everything that they import; there need be no service. `loadSchema()` says where imports are
 * looked for.
 *
 * @throws {SchemaError} if a file or an import cannot be read or parsed
 */
export async function loadDescriptors(
  files: readonly string[],
  options: LoadSchemaOptions = {},
): Promise<LoadedDescriptors> {
  const loaded = await loadDefinitions(files, options);
  const protos = nameProtos(loaded.files);
  const described = describeProtos(protos).filter(({ name }) => !isBundledFile(name));
  return {
    files: new Map(described.map(({ name, octets }) => [name, octets])),
    comments: readNotes(protos.map(({ text }) => text)).comments,
    source: loaded.source,
  };
}
