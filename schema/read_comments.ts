import protobuf from "protobufjs";
import { toKnownEdition } from "./edition_text.ts";

/** What a `.proto` says that its descriptors do not, by full name without a leading dot. */
export interface ProtoNotes {
  /** The comment of a message, field, oneof, enum, enum value (`pkg.Enum.VALUE`), service or method. */
  readonly comments: ReadonlyMap<string, string>;
  /** The fields that are `required` in proto2, or LEGACY_REQUIRED in an edition. */
  readonly required: ReadonlySet<string>;
}

/**
 * Reads the comments of `.proto` files: the one before a definition, or else the one after it on its line. A comment
 * that a blank line separates from the definition is not its.
 *
 * @param texts what the files hold; they have been parsed before, so that they are without errors
 */
export function readNotes(texts: Iterable<string>): ProtoNotes {
  const comments = new Map<string, string>();
  const required = new Set<string>();
  for (const text of texts) {
    const root = new protobuf.Root();
    protobuf.parse(toKnownEdition(text), root, { keepCase: true, alternateCommentMode: true });
    collect(root, comments, required);
  }
  return { comments, required };
}

function collect(
  object: protobuf.ReflectionObject,
  comments: Map<string, string>,
  required: Set<string>,
): void {
  const name = object.fullName.replace(/^\./, "");
  note(comments, name, object.comment);
  if (object instanceof protobuf.Enum) {
    for (const [value, comment] of Object.entries(object.comments)) {
      note(comments, `${name}.${value}`, comment);
    }
  }
  if (object instanceof protobuf.Field && isRequired(object)) required.add(name);
  if (object instanceof protobuf.Type) {
    for (const field of object.fieldsArray) collect(field, comments, required);
    for (const oneof of object.oneofsArray) collect(oneof, comments, required);
  }
  if (object instanceof protobuf.Service) {
    for (const method of object.methodsArray) collect(method, comments, required);
  }
  if (object instanceof protobuf.Namespace) {
    for (const nested of object.nestedArray) collect(nested, comments, required);
  }
}

/** As the field itself says: no file can say it for all of its fields. */
function isRequired(field: protobuf.Field): boolean {
  const { rule, options } = field.toJSON();
  return rule === "required" || options?.features?.field_presence === "LEGACY_REQUIRED";
}

function note(comments: Map<string, string>, name: string, comment: string | null): void {
  const text = comment?.trim() ?? "";
  if (text !== "") comments.set(name, text);
}
