import {
  type EnumDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
  isEntryOf,
  type MessageDescriptor,
  type MethodDescriptor,
  type ServiceDescriptor,
} from "./file_descriptor.ts";
import type { Syntax } from "./edition_text.ts";
import { printEdition, printFeatureLines, printFeatures } from "./print_features.ts";

/** What parts of a file are printed by. */
export interface Printing {
  /** How its fields are labelled. */
  readonly syntax: Syntax["syntax"];
  /** What is put before definitions, by full name; see `readNotes()`. */
  readonly comments: ReadonlyMap<string, string>;
  /** Whether names of types keep the dot that says that they are full ones. */
  readonly hasDots: boolean;
}

/** Where a definition stands: how far in, and in what message or package; empty for none. */
export interface Place {
  readonly indent: string;
  readonly scope: string;
}

/** `FieldDescriptorProto.Type` to the word in a `.proto`, where the type has no name of its own. */
const wordOf = (type: string) => type.replace(/^TYPE_/, "").toLowerCase();

/** The largest field number, exclusive, as an extension range without an end has it. */
const MAX_FIELD_NUMBER = 536_870_912;

/**
 * Writes a descriptor as the `.proto` that it may have come from; without comments and options, but for those that
 * change what is on the wire.
 *
 * @param imports the files that it needs
 * @throws {SchemaError} if it is of an edition that is not known
 */
export function printProto(file: FileDescriptor, imports: readonly string[]): string {
  const printing = { syntax: syntaxOf(file), comments: new Map(), hasDots: true };
  const place = { indent: "", scope: file.package ?? "" };
  const head = printing.syntax === "editions"
    ? printEdition(file)
    : `syntax = "${printing.syntax}";`;
  const blocks = [
    [head],
    file.package === undefined || file.package === "" ? [] : [`package ${file.package};`],
    [...imports].sort().map((name) => `import "${name}";`),
    printFeatureLines(file.options?.features, ""),
    ...(file.enumType ?? []).map((shape) => printEnum(printing, shape, place)),
    ...(file.messageType ?? []).map((message) => printMessage(printing, message, place)),
    ...printExtensions(printing, file.extension ?? [], place),
    ...(file.service ?? []).map((service) => printService(printing, service, place)),
  ];
  return `${
    blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")
  }\n`;
}

/** What a file is written in. */
export function syntaxOf(file: FileDescriptor): Syntax["syntax"] {
  if (file.syntax === "editions") return "editions";
  return isProto2Descriptor(file) ? "proto2" : "proto3";
}

/**
 * protobufjs 7.6.6, and so every grpc-js server, calls all files proto3; what only proto2 has gives the others away.
 */
export function isProto2Descriptor(file: FileDescriptor): boolean {
  if (file.syntax === undefined || file.syntax === "" || file.syntax === "proto2") return true;
  if (file.syntax !== "proto3") return false;
  const hasProto2 = (message: MessageDescriptor): boolean =>
    message.options?.mapEntry !== true && (message.field ?? []).some(isProto2Field) ||
    (message.nestedType ?? []).some(hasProto2);
  return (file.messageType ?? []).some(hasProto2);
}

function isProto2Field(field: FieldDescriptor): boolean {
  return field.type === "TYPE_GROUP" || field.label === "LABEL_REQUIRED" ||
    field.defaultValue !== undefined && field.defaultValue !== "" ||
    field.label !== "LABEL_REPEATED" && field.options?.packed === false;
}

/** The lines of a message and all that is in it. */
export function printMessage(
  printing: Printing,
  message: MessageDescriptor,
  place: Place,
): string[] {
  const { indent } = place;
  const inner = { indent: `${indent}  `, scope: joinNames(place.scope, message.name) };
  const fields = (message.field ?? []).filter(({ name }) => !name.startsWith("."));
  const groups = new Set(fields.filter(({ type }) => type === "TYPE_GROUP").map(typeShortName));
  const nested = (message.nestedType ?? []).filter(({ name, options }) =>
    options?.mapEntry !== true && !groups.has(name)
  );
  const printOneof = (index: number, name: string): string[] => [
    ...printComment(printing, name, inner),
    `${inner.indent}oneof ${name} {`,
    ...fields.filter((field) => field.oneofIndex === index).flatMap((field) =>
      printField(printing, message, { field, ...inner, indent: `${inner.indent}  ` })
    ),
    `${inner.indent}}`,
  ];
  const printed = new Set<number>();
  const members = fields.flatMap((field) => {
    const { oneofIndex: index } = field;
    if (index === undefined || !isMember(printing, message, field)) {
      return printField(printing, message, { field, ...inner });
    }
    if (printed.has(index)) return [];
    printed.add(index);
    return printOneof(index, message.oneofDecl?.[index]?.name ?? "");
  });
  return [
    ...printComment(printing, message.name, place),
    `${indent}message ${message.name} {`,
    ...printFeatureLines(message.options?.features, inner.indent),
    ...(message.enumType ?? []).flatMap((shape) => printEnum(printing, shape, inner)),
    ...nested.flatMap((other) => printMessage(printing, other, inner)),
    ...members,
    ...(message.extensionRange ?? []).map(({ start, end }) =>
      `${inner.indent}extensions ${start} to ${end >= MAX_FIELD_NUMBER ? "max" : end - 1};`
    ),
    ...printExtensions(printing, message.extension ?? [], inner).flat(),
    `${indent}}`,
  ];
}

/** Whether the field is a member of a oneof that somebody wrote. */
function isMember(
  printing: Printing,
  message: MessageDescriptor,
  field: FieldDescriptor,
): boolean {
  return field.oneofIndex !== undefined && message.oneofDecl?.[field.oneofIndex] !== undefined &&
    !isOptional(printing, message, field);
}

/** Whether the field is proto3 `optional`, which editions have not: says so, or has a oneof `_name` of its own. */
function isOptional(
  { syntax }: Printing,
  message: MessageDescriptor,
  field: FieldDescriptor,
): boolean {
  if (syntax === "editions") return false;
  if (field.proto3Optional === true) return true;
  if (field.oneofIndex === undefined) return false;
  const members = message.field?.filter(({ oneofIndex }) => oneofIndex === field.oneofIndex);
  return message.oneofDecl?.[field.oneofIndex]?.name === `_${field.name}` && members?.length === 1;
}

/** The lines of a field. */
export function printField(
  printing: Printing,
  message: MessageDescriptor,
  { field, indent, scope }: { readonly field: FieldDescriptor } & Place,
): string[] {
  const name = typeShortName(field);
  const comment = printComment(printing, field.name, { indent, scope });
  const entry = message.nestedType?.find((nested) =>
    nested.name === name && isEntryOf(nested, field)
  );
  if (entry !== undefined) {
    const [key, value] = [1, 2].map((number) =>
      entry.field?.find((part) => part.number === number)
    );
    if (key !== undefined && value !== undefined) {
      const type = `map<${typeText(printing, key)}, ${typeText(printing, value)}>`;
      const options = printOptions(printing, field);
      return [...comment, `${indent}${type} ${field.name} = ${field.number}${options};`];
    }
  }
  const label = isMember(printing, message, field) ? "" : labelOf(printing, message, field);
  const group = message.nestedType?.find((nested) => nested.name === name);
  if (field.type === "TYPE_GROUP" && group !== undefined) {
    const bare = { ...printing, comments: withoutOf(printing.comments, joinNames(scope, name)) };
    const [, ...body] = printMessage(bare, group, { indent, scope });
    return [...comment, `${indent}${label}group ${name} = ${field.number} {`, ...body];
  }
  const options = printOptions(printing, field);
  const type = typeText(printing, field);
  return [...comment, `${indent}${label}${type} ${field.name} = ${field.number}${options};`];
}

function labelOf(printing: Printing, message: MessageDescriptor, field: FieldDescriptor): string {
  if (field.label === "LABEL_REPEATED") return "repeated ";
  if (printing.syntax === "proto2") {
    return field.label === "LABEL_REQUIRED" ? "required " : "optional ";
  }
  return isOptional(printing, message, field) ? "optional " : "";
}

function printOptions({ syntax }: Printing, field: FieldDescriptor): string {
  const { defaultValue: value, jsonName = "", options = {} } = field;
  const { packed, deprecated, features } = options;
  const parts = printFeatures(features);
  if (jsonName !== "" && jsonName !== toJsonName(field.name)) {
    parts.push(`json_name = ${JSON.stringify(jsonName)}`);
  }
  if (deprecated === true) parts.push("deprecated = true");
  if (
    field.label === "LABEL_REPEATED" && packed !== undefined && packed === (syntax === "proto2")
  ) {
    parts.push(`packed = ${packed}`);
  }
  if (value !== undefined && value !== "") {
    const isText = field.type === "TYPE_STRING";
    const quoted = isText
      ? JSON.stringify(value)
      : field.type === "TYPE_BYTES"
      ? `"${value}"`
      : value;
    parts.push(`default = ${quoted}`);
  }
  return parts.length === 0 ? "" : ` [${parts.join(", ")}]`;
}

function typeText(printing: Printing, { type = "", typeName }: FieldDescriptor): string {
  return typeName === undefined || typeName === "" ? wordOf(type) : fullName(printing, typeName);
}

function fullName({ hasDots }: Printing, typeName = ""): string {
  return hasDots ? typeName : typeName.replace(/^\./, "");
}

function typeShortName({ typeName = "" }: FieldDescriptor): string {
  return typeName.slice(typeName.lastIndexOf(".") + 1);
}

/** The lines of an enum. */
export function printEnum(
  printing: Printing,
  { name, value: values = [], options }: EnumDescriptor,
  place: Place,
): string[] {
  const { indent } = place;
  const inner = { indent: `${indent}  `, scope: joinNames(place.scope, name) };
  const numbers = new Set(values.map(({ number = 0 }) => number));
  return [
    ...printComment(printing, name, place),
    `${indent}enum ${name} {`,
    ...printFeatureLines(options?.features, inner.indent),
    ...(numbers.size < values.length ? [`${indent}  option allow_alias = true;`] : []),
    ...values.flatMap(({ name, number = 0 }) => [
      ...printComment(printing, name, inner),
      `${inner.indent}${name} = ${number};`,
    ]),
    `${indent}}`,
  ];
}

/** A block for each message that is extended. */
function printExtensions(
  printing: Printing,
  fields: readonly FieldDescriptor[],
  { indent, scope }: Place,
): string[][] {
  return fields.map((field) => [
    `${indent}extend ${fullName(printing, field.extendee)} {`,
    ...printField(printing, { name: "" }, { field, indent: `${indent}  `, scope }),
    `${indent}}`,
  ]);
}

/** The lines of a service. */
export function printService(
  printing: Printing,
  { name, method: methods = [] }: ServiceDescriptor,
  place: Place,
): string[] {
  const inner = { indent: `${place.indent}  `, scope: joinNames(place.scope, name) };
  return [
    ...printComment(printing, name, place),
    `${place.indent}service ${name} {`,
    ...methods.flatMap((method) => printMethod(printing, method, inner)),
    `${place.indent}}`,
  ];
}

/** The lines of a method. */
export function printMethod(
  printing: Printing,
  method: MethodDescriptor,
  place: Place,
): string[] {
  const side = (type: string | undefined, isStream = false) =>
    `(${isStream ? "stream " : ""}${fullName(printing, type)})`;
  return [
    ...printComment(printing, method.name, place),
    `${place.indent}rpc ${method.name}${side(method.inputType, method.clientStreaming)} ` +
    `returns ${side(method.outputType, method.serverStreaming)};`,
  ];
}

function printComment({ comments }: Printing, name: string, { indent, scope }: Place): string[] {
  const text = comments.get(joinNames(scope, name));
  return text === undefined ? [] : text.split("\n").map((line) => `${indent}// ${line}`.trimEnd());
}

function withoutOf(comments: ReadonlyMap<string, string>, name: string): Map<string, string> {
  return new Map([...comments].filter(([key]) => key !== name));
}

function joinNames(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

/** As protoc does it: an underscore makes the next character a capital and disappears. */
function toJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}
