import { createTemplate, createTypes, formatJson, type MessageTypes } from "../json/mod.ts";
import {
  describeProtos,
  type EnumShape,
  type FieldShape,
  type FieldType,
  type MessageShape,
  type MethodSchema,
  type Schema,
} from "../schema/mod.ts";
import { readNotes } from "../schema/read_comments.ts";
import { isBundledFile } from "../schema/read_imports.ts";

/** Fields of one message that are listed for the chart, and how deep they may be. */
const MAX_NUMERIC_FIELDS = 64;
const MAX_NUMERIC_DEPTH = 3;

/** What a server offers, for the page. */
export interface OfferedTypes {
  readonly services: readonly unknown[];
  readonly messages: readonly unknown[];
  readonly enums: readonly unknown[];
}

/** The encoded `FileDescriptorProto`s of what a schema was read from, by file name. */
export function listDescriptors(schema: Schema): Map<string, Uint8Array> {
  const described = describeProtos(schema.files ?? []).filter(({ name }) => !isBundledFile(name));
  return new Map(described.map(({ name, octets }) => [name, octets]));
}

/** Describes services, and the messages and enums that they are made of, with their comments. */
export function describeServer(schema: Schema): OfferedTypes {
  const { comments } = readNotes((schema.files ?? []).map(({ text }) => text));
  const types = createTypes(listDescriptors(schema).values(), schema.source);
  const found = new TypeCollector();
  const services = schema.services.map(({ fullName, methods }) => ({
    name: fullName,
    ...commentOf(comments, fullName),
    methods: methods.map((method) => {
      found.add(method.request);
      found.add(method.response);
      return {
        ...describeMethod(method, types),
        ...commentOf(comments, `${fullName}.${method.name}`),
      };
    }),
  }));
  return {
    services,
    messages: found.messages.map(({ fullName, fields }) => ({
      name: fullName,
      fields: fields.map((field) => ({
        name: field.name,
        number: field.number,
        type: describeType(field),
        label: labelOf(field),
        ...commentOf(comments, `${fullName}.${field.name}`),
      })),
      ...commentOf(comments, fullName),
    })),
    enums: found.enums.map(({ fullName, values }) => ({ name: fullName, values })),
  };
}

function commentOf(
  comments: ReadonlyMap<string, string>,
  fullName: string,
): { readonly comment?: string } {
  const comment = comments.get(fullName);
  return comment === undefined ? {} : { comment };
}

function describeMethod(method: MethodSchema, types: MessageTypes): Record<string, unknown> {
  const { name, path, kind, request, response } = method;
  return {
    name,
    path,
    kind: kind === "bidirectional" ? "bidi_streaming" : kind,
    request: request.fullName,
    response: response.fullName,
    template: templateOf(request, types),
    numericFields: { request: listNumeric(request), response: listNumeric(response) },
  };
}

function templateOf({ fullName }: MessageShape, types: MessageTypes): unknown {
  const desc = types.getMessage(fullName);
  // A type without a descriptor would be a fault of ours; the page can do without its template.
  return desc === undefined ? {} : JSON.parse(formatJson(createTemplate(desc)));
}

/** Paths of the fields that a chart can draw: numbers and booleans, also within messages. */
function listNumeric(message: MessageShape): string[] {
  const paths: string[] = [];
  const visit = ({ fields }: MessageShape, path: string, depth: number): void => {
    for (const { name, type, cardinality } of fields) {
      if (cardinality !== "single" || paths.length >= MAX_NUMERIC_FIELDS) continue;
      if (type.kind === "scalar" && type.scalar !== "string" && type.scalar !== "bytes") {
        paths.push(path + name);
      } else if (type.kind === "message" && depth < MAX_NUMERIC_DEPTH && hasFields(type.message)) {
        visit(type.message, `${path}${name}.`, depth + 1);
      }
    }
  };
  visit(message, "", 1);
  return paths;
}

/** Well-known types are shown in a form of their own, without fields. */
function hasFields({ fullName }: MessageShape): boolean {
  return !fullName.startsWith("google.protobuf.");
}

function describeType({ type, cardinality, mapKey }: FieldShape): string {
  const name = nameOf(type);
  return cardinality === "map" ? `map<${mapKey ?? "string"}, ${name}>` : name;
}

function nameOf(type: FieldType): string {
  switch (type.kind) {
    case "scalar":
      return type.scalar;
    case "enum":
      return type.enum.fullName;
    case "message":
      return type.message.fullName;
  }
}

function labelOf({ cardinality, oneof, explicitPresence, type }: FieldShape): string {
  if (cardinality !== "single") return cardinality;
  if (oneof !== undefined) return `oneof ${oneof}`;
  return explicitPresence && type.kind !== "message" ? "optional" : "";
}

/** Each message and enum once, in the order in which they come up. */
class TypeCollector {
  readonly #messages = new Map<string, MessageShape>();
  readonly #enums = new Map<string, EnumShape>();

  get messages(): MessageShape[] {
    return [...this.#messages.values()];
  }

  get enums(): EnumShape[] {
    return [...this.#enums.values()];
  }

  add(message: MessageShape): void {
    if (this.#messages.has(message.fullName)) return;
    this.#messages.set(message.fullName, message);
    for (const { type } of message.fields) {
      if (type.kind === "message") this.add(type.message);
      else if (type.kind === "enum") this.#enums.set(type.enum.fullName, type.enum);
    }
  }
}
