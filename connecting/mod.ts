export {
  type Connection,
  type ConnectionFlags,
  openConnection,
  readTarget,
} from "./open_connection.ts";
export { readMetadata } from "./read_metadata.ts";
export { readServerSchema, type SchemaFlags } from "./read_server_schema.ts";
export { readToken } from "./read_token.ts";
export { tokenHint } from "./token_hint.ts";
