import type {
  EnumDescriptor,
  FieldDescriptor,
  FileDescriptor,
  MessageDescriptor,
} from "./file_descriptor.ts";

const NAME = /^[A-Za-z_]\w*$/;
const PATH = /^\.?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
/** A number, a word, or the octets of a string as protoc escapes them. */
const PLAIN_DEFAULT = /^[-+]?[\w.+-]+$/;
const ESCAPED_DEFAULT = /^(?:[^"\\\n\r]|\\[^\n\r])*$/;

/** A descriptor may leave any name out, which the types do not say: the decoder takes what it gets. */
const isName = (name: string | undefined) => name !== undefined && NAME.test(name);

/**
 * Finds what is called by no name of the protobuf language, undefined if nothing is: a server's descriptors become
 * `.proto` files and lines on a terminal, and a name such as `A {} message B` would say more than a name. Empty for one
 * that is missing.
 */
export function findBadName(file: FileDescriptor): string | undefined {
  const scope = file.package ?? "";
  if (scope !== "" && !PATH.test(scope)) return scope;
  for (const name of listNames(file)) if (!isName(name)) return name ?? "";
  const messages = (file.messageType ?? []).flatMap(flatten);
  const fields = [...messages.flatMap(listFields), ...file.extension ?? []];
  for (const field of fields) {
    const bad = findBadPart(field);
    if (bad !== undefined) return bad;
  }
  const types = (file.service ?? []).flatMap(({ method = [] }) =>
    method.flatMap(({ inputType, outputType }) => [inputType, outputType])
  );
  return types.find((type) => type !== undefined && type !== "" && !PATH.test(type));
}

function* listNames(file: FileDescriptor): Generator<string | undefined> {
  for (const message of (file.messageType ?? []).flatMap(flatten)) {
    yield message.name;
    for (const { name } of message.oneofDecl ?? []) yield name;
    for (const shape of message.enumType ?? []) yield* listEnumNames(shape);
  }
  for (const shape of file.enumType ?? []) yield* listEnumNames(shape);
  for (const { name, method = [] } of file.service ?? []) {
    yield name;
    for (const { name } of method) yield name;
  }
}

function* listEnumNames({ name, value = [] }: EnumDescriptor): Generator<string | undefined> {
  yield name;
  for (const { name } of value) yield name;
}

/** A message and those in it. */
function flatten(message: MessageDescriptor): MessageDescriptor[] {
  return [message, ...(message.nestedType ?? []).flatMap(flatten)];
}

function listFields({ field = [], extension = [] }: MessageDescriptor): FieldDescriptor[] {
  return [...field, ...extension];
}

function findBadPart(field: FieldDescriptor): string | undefined {
  const { name = "", typeName = "", extendee = "", type, defaultValue = "" } = field;
  // protobufjs lists an extension among the fields, under its full name with a dot before it.
  if (!isName(name) && !(name.startsWith(".") && PATH.test(name))) return name;
  // An enum value that the decoder does not know stays a number.
  if (type !== undefined && !isName(`${type}`)) return `${type}`;
  const path = [typeName, extendee].find((path) => path !== "" && !PATH.test(path));
  if (path !== undefined) return path;
  // Text is quoted by whoever prints it.
  if (defaultValue === "" || type === "TYPE_STRING") return undefined;
  const pattern = type === "TYPE_BYTES" ? ESCAPED_DEFAULT : PLAIN_DEFAULT;
  return pattern.test(defaultValue) ? undefined : defaultValue;
}
