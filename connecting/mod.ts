export { explainNoReflection } from "./explain_no_reflection.ts";
export {
  type Connection,
  type ConnectionFlags,
  openConnection,
  readTarget,
} from "./open_connection.ts";
export { readMetadata } from "./read_metadata.ts";
export { readProtosets } from "./read_protosets.ts";
export { hasSchemaFiles, readServerSchema, type SchemaFlags } from "./read_server_schema.ts";
export { readToken } from "./read_token.ts";
export { hintOfEnd } from "./stranger_hint.ts";
export { tokenHint } from "./token_hint.ts";
