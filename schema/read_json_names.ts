import protobuf from "protobufjs";
import { toKnownEdition } from "./edition_text.ts";

/**
 * Reads the names that `.proto` files give fields in JSON, by the full name of the field: @grpc/proto-loader 0.8.1 leaves
 * them out of its descriptors.
 *
 * @param texts what the files hold; they have been parsed before, so that they are without errors
 */
export function readJsonNames(texts: Iterable<string>): Map<string, string> {
  const names = new Map<string, string>();
  for (const text of texts) {
    // Few files have one, and parsing takes time.
    if (!text.includes("json_name")) continue;
    const root = new protobuf.Root();
    protobuf.parse(toKnownEdition(text), root, { keepCase: true });
    collect(root, names);
  }
  return names;
}

function collect(namespace: protobuf.NamespaceBase, names: Map<string, string>): void {
  for (const object of namespace.nestedArray) {
    if (object instanceof protobuf.Type) {
      for (const { fullName, options } of object.fieldsArray) {
        const name: unknown = options?.json_name;
        if (typeof name === "string") names.set(fullName.replace(/^\./, ""), name);
      }
    }
    if (object instanceof protobuf.Namespace) collect(object, names);
  }
}
