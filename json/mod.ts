export { createTemplate } from "./create_template.ts";
export { createTypes, type MessageTypes } from "./create_types.ts";
export { decodeJson } from "./decode_json.ts";
export { encodeJson, type EncodeOptions } from "./encode_json.ts";
export { JsonError, UnknownTypeError } from "./json_error.ts";
export { type JsonItem, JsonReader, type JsonReaderOptions } from "./json_reader.ts";
export {
  formatJson,
  JsonNumber,
  type JsonObject,
  type JsonValue,
  stringifyJson,
} from "./json_value.ts";
export { hasOwnForm, mayBeArray, typeNameOf } from "./well_known.ts";
