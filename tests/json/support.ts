import { type DescMessage, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  createTypes,
  decodeJson,
  encodeJson,
  type EncodeOptions,
  formatJson,
  type MessageTypes,
} from "../../json/mod.ts";
import { parseJson } from "../../json/parse_json.ts";
import { loadDescriptors } from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";

/** The types of a `.proto` beside this file. */
export async function loadTypes(file: string): Promise<MessageTypes> {
  const { files, source } = await loadDescriptors([repositoryPath(`tests/json/${file}`)]);
  return createTypes(files.values(), source);
}

/** A message type that is there. */
export function messageOf(types: MessageTypes, name: string): DescMessage {
  const desc = types.getMessage(name);
  if (desc === undefined) throw new Error(`Cannot find ${name} in the test's types`);
  return desc;
}

/** The octets of a message that is written as JSON. */
export function octetsOf(types: MessageTypes, name: string, json: string): Uint8Array {
  const desc = messageOf(types, name);
  return toBinary(desc, decodeJson(desc, parseJson(json), types));
}

/** From JSON to octets and back to JSON. */
export function roundTrip(
  types: MessageTypes,
  name: string,
  json: string,
  options: EncodeOptions = {},
): string {
  const desc = messageOf(types, name);
  const message = fromBinary(desc, octetsOf(types, name, json));
  return formatJson(encodeJson(desc, message, types, options));
}
