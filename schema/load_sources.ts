import { basename } from "node:path";
import { createSchema, readDescriptors } from "./create_schema.ts";
import { createShapes } from "./create_shapes.ts";
import { loadDefinitions } from "./load_definitions.ts";
import { type LoadSchemaOptions, requireService } from "./load_schema.ts";
import type { EnumShape, MessageShape } from "./message_shape.ts";
import { type ProtoNotes, readNotes } from "./read_comments.ts";
import type { ProtoFile } from "./read_imports.ts";
import type { Schema } from "./schema.ts";
import { SchemaError } from "./schema_error.ts";

/** A `.proto` file and the name that other files import it under. */
export interface SourceFile {
  /** With slashes, relative to the folder that imports start from; the base name for the main file. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** All that is known of one `.proto` and what it imports: what a generator of code needs. */
export interface Sources {
  readonly schema: Schema;
  /** Every message, also those that no method uses, in the order of the files; extension fields are listed. */
  readonly messages: ReadonlyMap<string, MessageShape>;
  /** Every enum that a message uses. */
  readonly enums: ReadonlyMap<string, EnumShape>;
  readonly notes: ProtoNotes;
  /** The main file first; the bundled `google/protobuf/` files are not among them. */
  readonly files: readonly [SourceFile, ...SourceFile[]];
  /** Of the main file; empty for none. */
  readonly package: string;
  /** Of all files, the bundled ones among them. */
  readonly packages: readonly string[];
}

/**
 * Reads a `.proto`, everything that it imports, and the comments.
 *
 * @throws {SchemaError} as `loadSchema()`, and if the files could not be copied into one folder because of how they
 * name each other
 */
export async function loadSources(
  file: string,
  options: LoadSchemaOptions = {},
): Promise<Sources> {
  const { definitions, files, source } = await loadDefinitions([file], options);
  const schema = requireService(createSchema(definitions, source));
  const descriptors = readDescriptors(definitions);
  const messages = createShapes(descriptors, { extensions: true });
  // The imported ones come before the file that imports them.
  const [main, ...imported] = [...files].reverse();
  if (main === undefined) throw new TypeError(`Cannot find "${file}" among what was loaded`);
  const packages = descriptors.map((descriptor) => descriptor.package ?? "");
  return {
    schema,
    messages,
    enums: listEnums(messages.values()),
    notes: readNotes(files.map(({ text }) => text)),
    files: nameFiles(main, imported),
    package: readPackage(main.text),
    packages: [...new Set(packages)],
  };
}

function listEnums(messages: Iterable<MessageShape>): Map<string, EnumShape> {
  const enums = new Map<string, EnumShape>();
  for (const { fields } of messages) {
    for (const { type } of fields) {
      if (type.kind === "enum") enums.set(type.enum.fullName, type.enum);
    }
  }
  return enums;
}

/** Gives each file the name of its copy. @throws {SchemaError} if two names clash or one leads out of the folder */
function nameFiles(
  main: ProtoFile,
  imported: readonly ProtoFile[],
): [SourceFile, ...SourceFile[]] {
  const first = { name: basename(main.path), path: main.path, text: main.text };
  const owners = new Map([[first.name, main.path]]);
  const rest = imported.map(({ path, text, targets }): SourceFile => {
    const [name = basename(path), other] = targets;
    if (other !== undefined) {
      throw new SchemaError(
        `Cannot copy "${path}": it is imported both as "${name}" and as "${other}"; use one of them`,
      );
    }
    if (/^[/\\]|^[A-Za-z]:|(^|[/\\])\.{1,2}([/\\]|$)|\\/.test(name)) {
      throw new SchemaError(
        `Cannot copy "${path}": its import "${name}" must be a path below a folder of -I, ` +
          `with slashes and without . or ..`,
      );
    }
    const owner = owners.get(name);
    if (owner !== undefined) {
      throw new SchemaError(
        `Cannot copy "${path}": "${owner}" is called "${name}", too; rename one of them`,
      );
    }
    owners.set(name, path);
    return { name, path, text };
  });
  return [first, ...rest];
}

/** The `package` statement, leaving comments and strings alone. */
function readPackage(text: string): string {
  const bare = text.replace(
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g,
    " ",
  );
  return /(?:^|[;}\s])package\s+([\w.]+)\s*;/.exec(bare)?.[1] ?? "";
}
