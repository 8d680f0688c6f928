import { Buffer } from "node:buffer";
import { loadSync } from "@grpc/proto-loader";

/** `google.protobuf.FieldDescriptorProto`, as far as we read it; what the sender left out is undefined. */
export interface FieldDescriptor {
  readonly name: string;
  readonly number: number;
  readonly label?: string;
  readonly type?: string;
  readonly typeName?: string;
  readonly oneofIndex?: number;
  readonly proto3Optional?: boolean;
  readonly defaultValue?: string;
  /** Its name in JSON, where it is not the one that follows from its name. */
  readonly jsonName?: string;
  /** Of an extension: the message that it extends. */
  readonly extendee?: string;
  readonly options?: {
    readonly packed?: boolean;
    readonly deprecated?: boolean;
    readonly features?: Features;
  };
}

/** `google.protobuf.FeatureSet`, as far as it is set: names in camelCase, values as in the `.proto`. */
export type Features = Readonly<Record<string, string>>;

/** `google.protobuf.EnumDescriptorProto`. */
export interface EnumDescriptor {
  readonly name: string;
  readonly value?: readonly { readonly name: string; readonly number?: number }[];
  readonly options?: { readonly features?: Features };
}

/** `google.protobuf.DescriptorProto`. */
export interface MessageDescriptor {
  readonly name: string;
  readonly field?: readonly FieldDescriptor[];
  readonly nestedType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly oneofDecl?: readonly { readonly name: string }[];
  readonly extension?: readonly FieldDescriptor[];
  /** The end is exclusive. */
  readonly extensionRange?: readonly { readonly start: number; readonly end: number }[];
  readonly options?: { readonly mapEntry?: boolean; readonly features?: Features };
}

/** `google.protobuf.MethodDescriptorProto`; the types are full names with a leading dot. */
export interface MethodDescriptor {
  readonly name: string;
  readonly inputType?: string;
  readonly outputType?: string;
  readonly clientStreaming?: boolean;
  readonly serverStreaming?: boolean;
}

/** `google.protobuf.ServiceDescriptorProto`. */
export interface ServiceDescriptor {
  readonly name: string;
  readonly method?: readonly MethodDescriptor[];
}

/** `google.protobuf.SourceCodeInfo.Location`; the path leads to a definition by field numbers and indexes. */
export interface SourceLocation {
  readonly path?: readonly number[];
  readonly leadingComments?: string;
  readonly trailingComments?: string;
}

/** `google.protobuf.FileDescriptorProto`. */
export interface FileDescriptor {
  readonly name?: string;
  readonly package?: string;
  /** The files that it imports, and which of them, by index, it imports publicly. */
  readonly dependency?: readonly string[];
  readonly publicDependency?: readonly number[];
  readonly messageType?: readonly MessageDescriptor[];
  readonly enumType?: readonly EnumDescriptor[];
  readonly service?: readonly ServiceDescriptor[];
  readonly extension?: readonly FieldDescriptor[];
  /** Where everything stands in the file, and its comments; most servers leave it out. */
  readonly sourceCodeInfo?: { readonly location?: readonly SourceLocation[] };
  readonly options?: { readonly features?: Features };
  /** `proto2`, `proto3` or `editions`. */
  readonly syntax?: string;
  /** `EDITION_2023`; the number of one that protobufjs does not know. */
  readonly edition?: string | number;
}

/** Both ways of `google.protobuf.FileDescriptorProto`. */
interface Codec {
  deserialize(octets: Buffer): object;
  serialize(file: object): Uint8Array;
}

/** The descriptor of descriptors, which @grpc/proto-loader bundles; loaded on first use, as it takes 10 ms. */
let codec: Codec | undefined;

/**
 * Decodes an encoded `google.protobuf.FileDescriptorProto`.
 *
 * The decoded `type` objects that the loader hands out beside the octets cannot be used instead: they fill
 * in defaults, so that a field outside any oneof looks like a member of the first (@grpc/proto-loader
 * 0.8.1).
 */
export function decodeFileDescriptor(octets: Uint8Array): FileDescriptor {
  codec ??= loadCodec();
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  return normalizeEdition(separateExtensions(codec.deserialize(buffer) as FileDescriptor));
}

/** protobufjs 7.6.6, and so every grpc-js server, lists the extensions that a message declares among its own fields. */
function separateExtensions(file: FileDescriptor): FileDescriptor {
  const { messageType = [] } = file;
  return messageType.some(hasMixed) ? { ...file, messageType: messageType.map(separate) } : file;
}

const isDeclared = ({ extendee = "" }: FieldDescriptor) => extendee !== "";

function hasMixed({ field = [], nestedType = [] }: MessageDescriptor): boolean {
  return field.some(isDeclared) || nestedType.some(hasMixed);
}

function separate(message: MessageDescriptor): MessageDescriptor {
  const { field = [], extension = [], nestedType = [] } = message;
  return {
    ...message,
    field: field.filter((one) => !isDeclared(one)),
    extension: [...extension, ...field.filter(isDeclared)],
    nestedType: nestedType.map(separate),
  };
}

/**
 * Says of fields of an edition by features what only proto2 has words for, as compilers do. Go's protobuf, and so every
 * grpc-go server, calls them required and groups all the same (`protodesc.ToFieldDescriptorProto()`).
 */
function normalizeEdition(file: FileDescriptor): FileDescriptor {
  if (file.syntax !== "editions") return file;
  const isDelimited = file.options?.features?.messageEncoding === "DELIMITED";
  const mendField = (field: FieldDescriptor): FieldDescriptor => {
    const isRequired = field.label === "LABEL_REQUIRED";
    const isGroup = field.type === "TYPE_GROUP";
    if (!isRequired && !isGroup) return field;
    const features = {
      ...field.options?.features,
      ...(isRequired ? { fieldPresence: "LEGACY_REQUIRED" } : {}),
      ...(isGroup && !isDelimited ? { messageEncoding: "DELIMITED" } : {}),
    };
    return {
      ...field,
      ...(isRequired ? { label: "LABEL_OPTIONAL" } : {}),
      ...(isGroup ? { type: "TYPE_MESSAGE" } : {}),
      options: { ...field.options, features },
    };
  };
  const mendMessage = (message: MessageDescriptor): MessageDescriptor => ({
    ...message,
    field: (message.field ?? []).map(mendField),
    extension: (message.extension ?? []).map(mendField),
    nestedType: (message.nestedType ?? []).map(mendMessage),
  });
  return {
    ...file,
    messageType: (file.messageType ?? []).map(mendMessage),
    extension: (file.extension ?? []).map(mendField),
  };
}

/** Encodes a `google.protobuf.FileDescriptorProto`: fields in camelCase, enums by name. */
export function encodeFileDescriptor(file: object): Uint8Array {
  codec ??= loadCodec();
  return codec.serialize(file);
}

function loadCodec(): Codec {
  const definitions = loadSync("google/protobuf/descriptor.proto", { enums: String });
  const file = definitions["google.protobuf.FileDescriptorProto"];
  if (file === undefined || !("deserialize" in file) || typeof file.deserialize !== "function") {
    throw new TypeError("Cannot find google.protobuf.FileDescriptorProto in @grpc/proto-loader");
  }
  return file as Codec;
}

/**
 * Whether a message is what stands for the entries of a map field.
 *
 * protoc calls it after the field, with `Entry` behind it. protobufjs 7.6.6 calls it as the field, with a capital: so it
 * can have the name of a message that somebody wrote, which fields next to it may mean.
 */
export function isEntryOf(message: MessageDescriptor, field: FieldDescriptor): boolean {
  if (message.options?.mapEntry !== true || field.label !== "LABEL_REPEATED") return false;
  const called = field.name.slice(0, 1).toUpperCase() + field.name.slice(1);
  return message.name === called || message.name.endsWith("Entry");
}
