export { builtinSchema } from "./builtin_schema.ts";
export { createSchema } from "./create_schema.ts";
export { describeLongKeys } from "./describe_long_keys.ts";
export { defaultStreamingMethod, findMethod } from "./find_method.ts";
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
export { type PrintedProtos, printProtos } from "./print_protos.ts";
export type { ProtoNotes } from "./read_comments.ts";
export { reflect, type Reflected, type ReflectOptions } from "./reflect.ts";
export type { MethodKind, MethodSchema, Schema, ServiceSchema } from "./schema.ts";
export { SchemaError } from "./schema_error.ts";
export { withTemporaryProtos } from "./temporary_protos.ts";
