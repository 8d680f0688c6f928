import {
  type EnumDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
  isEntryOf,
  type MessageDescriptor,
  type ServiceDescriptor,
} from "./file_descriptor.ts";

/** A file, and how its fields are labelled. */
interface Printing {
  readonly file: FileDescriptor;
  readonly isProto2: boolean;
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
 */
export function printProto(file: FileDescriptor, imports: readonly string[]): string {
  const printing = { file, isProto2: isProto2(file) };
  const edition = file.edition?.replace(/^EDITION_/, "");
  const head = edition !== undefined && file.syntax === "editions"
    ? `edition = "${edition}";`
    : `syntax = "${printing.isProto2 ? "proto2" : "proto3"}";`;
  const blocks = [
    [head],
    file.package === undefined || file.package === "" ? [] : [`package ${file.package};`],
    [...imports].sort().map((name) => `import "${name}";`),
    printFeatures(file.options?.features).map((option) => `option ${option};`),
    ...(file.enumType ?? []).map((shape) => printEnum(shape, "")),
    ...(file.messageType ?? []).map((message) => printMessage(printing, message, "")),
    ...printExtensions(printing, file.extension ?? [], ""),
    ...(file.service ?? []).map(printService),
  ];
  return `${
    blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")
  }\n`;
}

/**
 * protobufjs 7.6.6, and so every grpc-js server, calls all files proto3; what only proto2 has gives the others away.
 */
function isProto2(file: FileDescriptor): boolean {
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

function printMessage(printing: Printing, message: MessageDescriptor, indent: string): string[] {
  const inner = `${indent}  `;
  const fields = (message.field ?? []).filter(({ name }) => !name.startsWith("."));
  const groups = new Set(fields.filter(({ type }) => type === "TYPE_GROUP").map(typeShortName));
  const nested = (message.nestedType ?? []).filter(({ name, options }) =>
    options?.mapEntry !== true && !groups.has(name)
  );
  const oneofs = (message.oneofDecl ?? []).flatMap(({ name }, index) => {
    const members = fields.filter((field) => field.oneofIndex === index);
    if (members.length === 0 || members.some((field) => isOptional(message, field))) return [];
    const lines = members.flatMap((field) =>
      printField(printing, message, { field, indent: `${inner}  ` })
    );
    return [`${inner}oneof ${name} {`, ...lines, `${inner}}`];
  });
  const plain = fields.filter((field) => !isMember(message, field));
  return [
    `${indent}message ${message.name} {`,
    ...(message.enumType ?? []).flatMap((shape) => printEnum(shape, inner)),
    ...nested.flatMap((other) => printMessage(printing, other, inner)),
    ...plain.flatMap((field) => printField(printing, message, { field, indent: inner })),
    ...oneofs,
    ...(message.extensionRange ?? []).map(({ start, end }) =>
      `${inner}extensions ${start} to ${end >= MAX_FIELD_NUMBER ? "max" : end - 1};`
    ),
    ...printExtensions(printing, message.extension ?? [], inner).flat(),
    `${indent}}`,
  ];
}

/** Whether the field is a member of a oneof that somebody wrote. */
function isMember(message: MessageDescriptor, field: FieldDescriptor): boolean {
  return field.oneofIndex !== undefined && message.oneofDecl?.[field.oneofIndex] !== undefined &&
    !isOptional(message, field);
}

/** Whether the field is proto3 `optional`: says so, or has a oneof `_name` of its own. */
function isOptional(message: MessageDescriptor, field: FieldDescriptor): boolean {
  if (field.proto3Optional === true) return true;
  if (field.oneofIndex === undefined) return false;
  const members = message.field?.filter(({ oneofIndex }) => oneofIndex === field.oneofIndex);
  return message.oneofDecl?.[field.oneofIndex]?.name === `_${field.name}` && members?.length === 1;
}

function printField(
  printing: Printing,
  message: MessageDescriptor,
  { field, indent }: { readonly field: FieldDescriptor; readonly indent: string },
): string[] {
  const name = typeShortName(field);
  const entry = message.nestedType?.find((nested) =>
    nested.name === name && isEntryOf(nested, field)
  );
  if (entry !== undefined) {
    const [key, value] = [1, 2].map((number) =>
      entry.field?.find((part) => part.number === number)
    );
    if (key !== undefined && value !== undefined) {
      return [
        `${indent}map<${typeText(key)}, ${typeText(value)}> ${field.name} = ${field.number};`,
      ];
    }
  }
  const label = isMember(message, field) ? "" : labelOf(printing, message, field);
  const group = message.nestedType?.find((nested) => nested.name === name);
  if (field.type === "TYPE_GROUP" && group !== undefined) {
    const [, ...body] = printMessage(printing, group, indent);
    return [`${indent}${label}group ${name} = ${field.number} {`, ...body];
  }
  const options = printOptions(printing, field);
  return [`${indent}${label}${typeText(field)} ${field.name} = ${field.number}${options};`];
}

function labelOf(
  { isProto2 }: Printing,
  message: MessageDescriptor,
  field: FieldDescriptor,
): string {
  if (field.label === "LABEL_REPEATED") return "repeated ";
  if (isProto2) return field.label === "LABEL_REQUIRED" ? "required " : "optional ";
  return isOptional(message, field) ? "optional " : "";
}

function printOptions({ isProto2 }: Printing, field: FieldDescriptor): string {
  const { defaultValue: value, options: { packed, features } = {} } = field;
  const parts = printFeatures(features);
  if (field.label === "LABEL_REPEATED" && packed !== undefined && packed === isProto2) {
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

/** The features of editions, of which some change what is on the wire. */
function printFeatures(features: Readonly<Record<string, string>> = {}): string[] {
  return Object.entries(features).map(([name, value]) => {
    const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    return `features.${snake} = ${value}`;
  });
}

function typeText({ type = "", typeName }: FieldDescriptor): string {
  return typeName === undefined || typeName === "" ? wordOf(type) : typeName;
}

function typeShortName({ typeName = "" }: FieldDescriptor): string {
  return typeName.slice(typeName.lastIndexOf(".") + 1);
}

function printEnum({ name, value: values = [] }: EnumDescriptor, indent: string): string[] {
  const numbers = new Set(values.map(({ number = 0 }) => number));
  return [
    `${indent}enum ${name} {`,
    ...(numbers.size < values.length ? [`${indent}  option allow_alias = true;`] : []),
    ...values.map(({ name, number = 0 }) => `${indent}  ${name} = ${number};`),
    `${indent}}`,
  ];
}

/** A block for each message that is extended. */
function printExtensions(
  printing: Printing,
  fields: readonly FieldDescriptor[],
  indent: string,
): string[][] {
  return fields.map((field) => [
    `${indent}extend ${field.extendee} {`,
    ...printField(printing, { name: "" }, { field, indent: `${indent}  ` }),
    `${indent}}`,
  ]);
}

function printService({ name, method: methods = [] }: ServiceDescriptor): string[] {
  const side = (type = "", isStream = false) => `(${isStream ? "stream " : ""}${type})`;
  return [
    `service ${name} {`,
    ...methods.map((method) =>
      `  rpc ${method.name}${side(method.inputType, method.clientStreaming)} ` +
      `returns ${side(method.outputType, method.serverStreaming)};`
    ),
    "}",
  ];
}
