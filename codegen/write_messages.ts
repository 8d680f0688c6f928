import type { EnumShape, FieldShape, FieldType, MessageShape } from "../schema/mod.ts";
import {
  genericType,
  nameType,
  printAlias,
  printDoc,
  printProperty,
  printString,
  type TypeText,
  unionType,
} from "./layout.ts";
import { lookUp, type Project } from "./project.ts";

/** A message's fields by the part that they play in its type. */
interface Parts {
  readonly plain: readonly FieldShape[];
  /** The members of each oneof that becomes a union of its own. */
  readonly oneofs: ReadonlyMap<string, readonly FieldShape[]>;
}

/** Which of the two types of a message is written. */
type Direction = "received" | "sent";

const UNDEFINED = nameType("undefined");
const NULL = nameType("null");
const NUMBER = nameType("number");

/**
 * The combinations of several oneofs become one union; TypeScript gives up at 100,000 and is slow long before. A
 * message with more has its members side by side.
 */
const MAX_COMBINATIONS = 256;

/** Writes the two types of a message: as it arrives, and as it may be sent. */
export function writeMessage(project: Project, message: MessageShape): string[] {
  const parts = splitFields(message);
  return [
    ...writeDirection(project, message, { parts, direction: "received" }),
    ...writeDirection(project, message, { parts, direction: "sent" }),
  ];
}

/** Writes an enum as the union of its names. */
export function writeEnum(project: Project, { fullName, values }: EnumShape): string[] {
  const { comments } = project.sources.notes;
  const list = values.map(({ name, number }) => {
    const comment = comments.get(`${fullName}.${name}`);
    const text = comment === undefined ? "" : `: ${comment.replaceAll("\n", " ")}`;
    return `- \`${name}\` = ${number}${text}`;
  });
  const docs = [
    comments.get(fullName) ?? "",
    `\`enum ${fullName}\`. A value that this list does not have arrives as its number.`,
    list.join("\n"),
  ];
  const members = values.map(({ name }) => nameType(printString(name)));
  const name = lookUp(project.names.enums, fullName);
  return [...printDoc("", docs), ...printAlias(name, members, "|"), ""];
}

function splitFields(message: MessageShape): Parts {
  const oneofs = new Map<string, FieldShape[]>();
  for (const field of message.fields) {
    if (field.oneof === undefined) continue;
    const members = oneofs.get(field.oneof);
    if (members === undefined) oneofs.set(field.oneof, [field]);
    else members.push(field);
  }
  const combinations = [...oneofs.values()].reduce((all, { length }) => all * (length + 1), 1);
  if (combinations > MAX_COMBINATIONS && oneofs.size > 1) {
    return { plain: message.fields, oneofs: new Map() };
  }
  return { plain: message.fields.filter(({ oneof }) => oneof === undefined), oneofs };
}

function writeDirection(
  project: Project,
  message: MessageShape,
  { parts, direction }: { readonly parts: Parts; readonly direction: Direction },
): string[] {
  const name = lookUp(project.names[direction], message.fullName);
  const docs = describeMessage(project, message, direction);
  if (parts.oneofs.size === 0) {
    return writeInterface(project, name, { docs, message, fields: parts.plain, direction });
  }
  const lines: string[] = [];
  const members: TypeText[] = [];
  if (parts.plain.length > 0) {
    const base = project.names.derive(`${name}_Fields`);
    members.push(nameType(base));
    const baseDocs = [`The fields of {@link ${name}} outside any oneof.`];
    lines.push(
      ...writeInterface(project, base, { docs: baseDocs, message, fields: parts.plain, direction }),
    );
  }
  for (const [oneof, fields] of parts.oneofs) {
    const inner = project.names.derive(`${name}_${oneof}`);
    const helper = direction === "received" ? "rpc.OneOf" : "rpc.OneOfInit";
    members.push(genericType(helper, nameType(printString(oneof)), nameType(inner)));
    const comment = project.sources.notes.comments.get(`${message.fullName}.${oneof}`) ?? "";
    const innerDocs = [comment, `The members of the oneof \`${oneof}\` of {@link ${name}}.`];
    lines.push(
      ...writeInterface(project, inner, { docs: innerDocs, message, fields, direction, oneof }),
    );
  }
  return [...lines, ...printDoc("", docs), ...printAlias(name, members, "&"), ""];
}

function describeMessage(project: Project, message: MessageShape, direction: Direction): string[] {
  const { fullName } = message;
  if (direction === "sent") {
    const name = lookUp(project.names.received, fullName);
    return [`What may be sent as a {@link ${name}}; a field that is left out has its default.`];
  }
  return [project.sources.notes.comments.get(fullName) ?? "", `\`message ${fullName}\``];
}

interface InterfaceParts {
  readonly docs: readonly string[];
  readonly message: MessageShape;
  readonly fields: readonly FieldShape[];
  readonly direction: Direction;
  /** The oneof that all fields are members of. */
  readonly oneof?: string;
}

function writeInterface(project: Project, name: string, parts: InterfaceParts): string[] {
  const { docs, message, fields, direction, oneof } = parts;
  const lines = [...printDoc("", docs), `export interface ${name} {`];
  if (fields.length === 0) lines.push("  [field: string]: never;");
  for (const field of fields) {
    const kind = oneof === undefined ? "field" : "member";
    lines.push(...printDoc("  ", describeField(project, message, field)));
    lines.push(...writeField(project, message, { field, direction, kind }));
  }
  if (oneof === undefined) lines.push(...writeCases(fields, direction));
  return [...lines, "}", ""];
}

/** The comment, and the definition as it stands in the `.proto`. */
function describeField(project: Project, message: MessageShape, field: FieldShape): string[] {
  const comment = project.sources.notes.comments.get(`${message.fullName}.${field.name}`) ?? "";
  const type = isRequired(project, message, field)
    ? describeType(field).replace("optional", "required")
    : describeType(field);
  const definition = `\`${type} ${field.name} = ${field.number}\``;
  return [comment, field.oneof === undefined ? definition : `${definition} of ${field.oneof}`];
}

/** The type of a field as in the `.proto`. */
export function describeType(field: FieldShape): string {
  const { type } = field;
  const name = type.kind === "scalar"
    ? type.scalar
    : type.kind === "enum"
    ? type.enum.fullName
    : type.message.fullName;
  if (field.cardinality === "map") return `map<${field.mapKey}, ${name}>`;
  if (field.cardinality === "repeated") return `repeated ${name}`;
  return field.explicitPresence && field.oneof === undefined ? `optional ${name}` : name;
}

function writeField(
  project: Project,
  message: MessageShape,
  { field, direction, kind }: {
    readonly field: FieldShape;
    readonly direction: Direction;
    readonly kind: "field" | "member";
  },
): string[] {
  const name = /^[A-Za-z_$][\w$]*$/.test(field.name) ? field.name : printString(field.name);
  const type = valueType(project, field, direction);
  if (kind === "member") return printProperty("  ", name, type);
  const isMessage = field.type.kind === "message" && field.cardinality === "single";
  if (direction === "received") {
    if (isAbsentWhenUnset(field)) return printProperty("  ", `${name}?`, type);
    const mayBeNull = isMessage && !isRequired(project, message, field);
    return printProperty("  ", name, mayBeNull ? unionType(type, NULL) : type);
  }
  if (isRequired(project, message, field)) return printProperty("  ", name, type);
  const optional = isMessage ? [type, NULL, UNDEFINED] : [type, UNDEFINED];
  return printProperty("  ", `${name}?`, unionType(...optional));
}

/** Whether the field is `required` in proto2: without it a message can be neither sent nor read. */
function isRequired({ sources }: Project, message: MessageShape, field: FieldShape): boolean {
  return sources.notes.required.has(`${message.fullName}.${field.name}`);
}

/**
 * Whether the loader leaves the field out when it is unset: members of a oneof, of which each proto3 `optional` field
 * has one of its own. (A proto2 field is there with its default, without a way to tell.)
 */
export function isAbsentWhenUnset({ oneof, syntheticOneof }: FieldShape): boolean {
  return oneof !== undefined || syntheticOneof !== undefined;
}

/** The fields that say which member of a oneof is set, where no union of types does. */
function writeCases(fields: readonly FieldShape[], direction: Direction): string[] {
  if (direction === "sent") return [];
  const cases = new Map<string, string[]>();
  for (const field of fields) {
    const oneof = field.oneof ?? field.syntheticOneof;
    if (oneof !== undefined) cases.set(oneof, [...cases.get(oneof) ?? [], field.name]);
  }
  return [...cases].flatMap(([oneof, names]) => {
    const text = fields.some(({ syntheticOneof }) => syntheticOneof === oneof)
      ? `There when \`${names[0]}\` is set.`
      : `Which one of \`${oneof}\` is set.`;
    const types = names.map((name) => nameType(printString(name)));
    return [...printDoc("  ", [text]), ...printProperty("  ", `${oneof}?`, unionType(...types))];
  });
}

function valueType(project: Project, field: FieldShape, direction: Direction): TypeText {
  const item = itemType(project, field.type, direction);
  const isSent = direction === "sent";
  if (field.cardinality === "repeated") return { kind: "list", item, readonly: isSent };
  if (field.cardinality === "single") return item;
  const map = genericType("Record", nameType("string"), item);
  return isSent ? genericType("Readonly", map) : map;
}

function itemType({ names }: Project, type: FieldType, direction: Direction): TypeText {
  switch (type.kind) {
    case "enum":
      return unionType(nameType(lookUp(names.enums, type.enum.fullName)), NUMBER);
    case "message":
      return nameType(lookUp(names[direction], type.message.fullName));
    case "scalar":
      return nameType(SCALAR_TYPES[type.scalar]);
  }
}

/** What the loader makes of the scalar types: 64-bit integers as decimal strings, as a number would round them. */
const SCALAR_TYPES = {
  double: "number",
  float: "number",
  int32: "number",
  uint32: "number",
  sint32: "number",
  fixed32: "number",
  sfixed32: "number",
  int64: "string",
  uint64: "string",
  sint64: "string",
  fixed64: "string",
  sfixed64: "string",
  bool: "boolean",
  string: "string",
  bytes: "Uint8Array",
} as const;
