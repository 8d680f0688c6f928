import { fromJSON, type PackageDefinition } from "@grpc/proto-loader";
import protobuf from "protobufjs";
import { readSyntax, toKnownEdition } from "./edition_text.ts";
import { LOADER_OPTIONS } from "./loader_options.ts";
import { findImports, type ProtoFile } from "./read_imports.ts";

/** A `.proto`, as far as its definitions go. */
type ProtoSource = Pick<ProtoFile, "text">;

/**
 * Loads `.proto` files as `loadSync()` does, with the presence that fields of editions have: see `readEditionJson()`.
 *
 * @param files each after the files that it imports, which are among them but for the bundled ones
 * @returns undefined if none of them is of an edition: they are for `loadSync()`
 * @throws Error as `loadSync()`
 */
export function loadEditions(files: readonly ProtoSource[]): PackageDefinition | undefined {
  const json = readEditionJson(files);
  return json === undefined ? undefined : fromJSON(json, LOADER_OPTIONS);
}

/**
 * Makes JSON of protobufjs of `.proto` files, if one of them is of an edition: a field of it that is outside of any oneof
 * and not IMPLICIT becomes what `optional` is in proto3, and is absent while it is unset.
 *
 * `loadSync()` of @grpc/proto-loader 0.8.1 leaves all features to protobufjs 7.6.6, which heeds them, and then gives such
 * a field its default, so that nobody can tell whether it was set.
 */
export function readEditionJson(files: readonly ProtoSource[]): protobuf.INamespace | undefined {
  if (!files.some(isOfEdition)) return undefined;
  const root = new protobuf.Root();
  for (const name of new Set(files.flatMap(({ text }) => findImports(text)).map(toTarget))) {
    const bundled = protobuf.common.get(name);
    if (bundled !== null) root.addJSON(bundled.nested ?? {});
  }
  for (const { text } of files) protobuf.parse(toKnownEdition(text), root, LOADER_OPTIONS);
  root.resolveAll();
  const json = root.toJSON();
  markPresence(root, json);
  return json;
}

/** Whether a file is neither of proto2 nor of proto3. */
export function isOfEdition({ text }: ProtoSource): boolean {
  return text.includes("edition") && readSyntax(text).syntax === "editions";
}

const toTarget = ({ target }: { readonly target: string }) => target;

/** Marks the fields of all messages of editions, in `json`, which is what `namespace` became. */
function markPresence(
  namespace: protobuf.NamespaceBase,
  json: protobuf.INamespace,
  outerEdition?: unknown,
): void {
  for (const object of namespace.nestedArray) {
    const inner = json.nested?.[object.name];
    if (!(object instanceof protobuf.Namespace) || inner === undefined) continue;
    // Said of what is at the top of a file alone; of proto3 never.
    const edition = Reflect.get(inner, "edition") ?? outerEdition;
    if (object instanceof protobuf.Type && "fields" in inner && isEdition(edition)) {
      markFields(object, inner);
    }
    markPresence(object, inner, edition);
  }
}

function isEdition(edition: unknown): boolean {
  return typeof edition === "string" && !edition.startsWith("proto");
}

function markFields(type: protobuf.Type, json: protobuf.IType): void {
  for (const field of type.fieldsArray) {
    const inner = json.fields[field.name];
    // A field that is an extension of this message, but declared elsewhere, is protobufjs's own note.
    if (inner === undefined || field.declaringField !== null || field.map || field.repeated) {
      continue;
    }
    const options = { ...inner.options };
    const oneof = `_${field.name}`;
    const isOptional = field.hasPresence && !field.required && field.partOf === null &&
      !(field.resolvedType instanceof protobuf.Type) && type.get(oneof) === null;
    if (isOptional) {
      options.proto3_optional = true;
      json.oneofs = { ...json.oneofs, [oneof]: { oneof: [field.name] } };
    }
    // Of a field that is not repeated, this says nothing but whether it is one of proto2: see `isProto2()`.
    const encoding = field.required ? "EXPANDED" : "PACKED";
    options.features = { ...options.features, repeated_field_encoding: encoding };
    inner.options = options;
  }
}
