export { builtinSchema } from "./builtin_schema.ts";
export { createSchema } from "./create_schema.ts";
export { defaultStreamingMethod, findMethod } from "./find_method.ts";
export { loadSchema, type LoadSchemaOptions } from "./load_schema.ts";
export { LOADER_OPTIONS } from "./loader_options.ts";
export type {
  EnumShape,
  FieldShape,
  FieldType,
  MessageShape,
  ScalarType,
} from "./message_shape.ts";
export { nearestName } from "./nearest_name.ts";
export type { MethodKind, MethodSchema, Schema, ServiceSchema } from "./schema.ts";
export { SchemaError } from "./schema_error.ts";
