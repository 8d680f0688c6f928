import { fromBinary } from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";
import { fileURLToPath } from "node:url";
import {
  createTypes,
  encodeJson,
  formatJson,
  JsonError,
  type MessageTypes,
  typeNameOf,
} from "../json/mod.ts";
import { type CallStatus, statusName } from "../rpc/mod.ts";
import { loadDescriptors } from "../schema/mod.ts";
import type { CallMethod } from "./call_method.ts";

/** The contracts of details; a compiled binary carries them (`deno compile --include proto`). */
const PROTOS = ["status.proto", "error_details.proto"].map((name) =>
  fileURLToPath(new URL(`../proto/google/rpc/${name}`, import.meta.url))
);

/** Says in one sentence how a call failed. */
export function describeStatus({ service, name }: CallMethod, status: CallStatus): string {
  const { code, message } = status;
  const reason = message === "" ? " and no message" : `: ${message}`;
  return `The call of ${service}/${name} ended with ${statusName(code)}${reason}`;
}

/**
 * The details of a status (`google.rpc.Status`), each as JSON on a line; of a type that neither the server's contract
 * nor google/rpc/error_details.proto has, as base64. Empty without details; never throws, as a server wrote them.
 */
export async function formatDetails(
  octets: Uint8Array | undefined,
  types: MessageTypes,
): Promise<string[]> {
  if (octets === undefined) return [];
  const { files, source } = await loadDescriptors(PROTOS);
  const common = createTypes(files.values(), source);
  return readDetails(octets, common).map((detail) => {
    const known = types.getMessage(typeNameOf(detail.typeUrl)) === undefined ? common : types;
    try {
      return formatJson(encodeJson(AnySchema, detail, known));
    } catch (error) {
      if (!(error instanceof JsonError)) throw error;
      return `${JSON.stringify(detail.typeUrl)}: ${error.message}`;
    }
  });
}

function readDetails(octets: Uint8Array, types: MessageTypes): readonly Any[] {
  const desc = types.getMessage("google.rpc.Status");
  if (desc === undefined) throw new TypeError("Cannot find google.rpc.Status in its own .proto");
  try {
    const status = fromBinary(desc, octets);
    return "details" in status ? status.details as readonly Any[] : [];
  } catch {
    // No google.rpc.Status: a server may put whatever it likes there.
    return [];
  }
}
