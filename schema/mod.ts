export { BUILTIN_SOURCE, builtinSchema } from "./builtin_schema.ts";
export { createSchema } from "./create_schema.ts";
export { describeLongKeys } from "./describe_long_keys.ts";
export { type DescribedProto, describeProtos } from "./describe_protos.ts";
export { readEditionJson } from "./edition_definitions.ts";
export {
  decodeFileDescriptor,
  type EnumDescriptor,
  type FieldDescriptor,
  type FileDescriptor,
  type MessageDescriptor,
  type MethodDescriptor,
  type ServiceDescriptor,
} from "./file_descriptor.ts";
export {
  decodeErrorDetails,
  encodeErrorDetails,
  type ErrorDetail,
  type ErrorDetails,
  type NewErrorDetail,
} from "./error_details.ts";
export { defaultStreamingMethod, findMethod, type MethodName } from "./find_method.ts";
export { loadDescriptors, type LoadedDescriptors } from "./load_descriptors.ts";
export { type LoadedProtosets, loadProtosets } from "./load_protosets.ts";
export { loadProtosetSchema } from "./load_protoset_schema.ts";
export { loadReflectedSchema } from "./load_reflected.ts";
export { loadSchema, type LoadSchemaOptions } from "./load_schema.ts";
export { loadSources, type SourceFile, type Sources } from "./load_sources.ts";
export { LOADER_OPTIONS } from "./loader_options.ts";
export type {
  EnumShape,
  FieldShape,
  FieldType,
  MessageShape,
  ScalarType,
} from "./message_shape.ts";
export { nearestName } from "./nearest_name.ts";
export type { ProtoJson } from "./parse_proto.ts";
export {
  isProto2Descriptor,
  type Place,
  printEnum,
  printField,
  type Printing,
  printMessage,
  printMethod,
  printService,
  syntaxOf,
} from "./print_proto.ts";
export { describeEdition } from "./print_features.ts";
export { type PrintedProtos, printProtos } from "./print_protos.ts";
export type { ProtoNotes } from "./read_comments.ts";
export {
  reflect,
  type Reflected,
  ReflectionSession,
  type ReflectOptions,
  withReflection,
} from "./reflect.ts";
export {
  REFLECTION_VERSIONS,
  reflectionMethod,
  reflectionProto,
  type ReflectionRequest,
  type ReflectionResponse,
  type ReflectionVersion,
} from "./reflection_definition.ts";
export type { MethodKind, MethodSchema, ProtoText, Schema, ServiceSchema } from "./schema.ts";
export { NoReflectionError, SchemaError } from "./schema_error.ts";
export { withTemporaryProtos } from "./temporary_protos.ts";
export { resolveType, type TypeReference } from "./type_references.ts";
