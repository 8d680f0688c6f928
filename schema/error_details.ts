import { loadSync } from "@grpc/proto-loader";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { LOADER_OPTIONS } from "./loader_options.ts";

/** The contracts; a compiled binary carries them (`deno compile --include proto`). */
const PROTOS = ["status.proto", "error_details.proto"].map((name) =>
  new URL(`../proto/google/rpc/${name}`, import.meta.url)
);

/** What every URL of a type begins with, unless its owner says otherwise (any.proto). */
const URL_PREFIX = "type.googleapis.com/";

/** One detail to send. */
export interface NewErrorDetail {
  /** The full name of a message of `google/rpc/error_details.proto`: `google.rpc.BadRequest`. */
  readonly type: string;
  /** The message, with the field names of the `.proto`: `{ field_violations: [{ field, description }] }`. */
  readonly value: object;
}

/** One detail as it came. */
export interface ErrorDetail {
  /** `type.googleapis.com/google.rpc.BadRequest`. */
  readonly typeUrl: string;
  /** What follows the last slash of it: `google.rpc.BadRequest`. */
  readonly typeName: string;
  /** The message; undefined if its type is not known, or its octets do not fit the type. */
  readonly value: Readonly<Record<string, unknown>> | undefined;
  /** The message as it came. */
  readonly octets: Uint8Array;
}

/** A `google.rpc.Status`. */
export interface ErrorDetails {
  readonly code: number;
  readonly message: string;
  readonly details: readonly ErrorDetail[];
}

/**
 * Encodes a `google.rpc.Status` for `RpcError`'s `details`: what `grpc-status-details-bin` carries.
 *
 * @throws TypeError if a type is none of `google/rpc/error_details.proto`, or a value does not fit its type
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * const status = { code: 3, message: "driver_id: must not be empty" };
 * const value = { field_violations: [{ field: "driver_id", description: "must not be empty" }] };
 * const octets = encodeErrorDetails(status, [{ type: "google.rpc.BadRequest", value }]);
 * assert.equal(decodeErrorDetails(octets)?.details[0]?.typeName, "google.rpc.BadRequest");
 * ```
 */
export function encodeErrorDetails(
  status: { readonly code: number; readonly message: string },
  details: readonly NewErrorDetail[],
): Uint8Array {
  const { code, message } = status;
  const packed = details.map(({ type, value }) => {
    const codec = findCodec(type);
    if (codec === undefined) {
      const known = listTypes().join(", ");
      throw new TypeError(`Cannot encode a detail of type "${type}": only ${known} are known`);
    }
    return { type_url: URL_PREFIX + type, value: codec.serialize(value) };
  });
  return plainView(statusCodec().serialize({ code, message, details: packed }));
}

/**
 * Decodes what a server sent as `grpc-status-details-bin`; undefined if it is no `google.rpc.Status`. Never throws: a
 * peer wrote it.
 */
export function decodeErrorDetails(octets: Uint8Array): ErrorDetails | undefined {
  const status = tryDecode(statusCodec(), octets);
  if (status === undefined) return undefined;
  const { code, message, details } = status as unknown as DecodedStatus;
  return {
    code,
    message,
    details: details.map(({ type_url: typeUrl, value: octets }) => {
      const typeName = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
      const codec = findCodec(typeName);
      const value = codec === undefined ? undefined : tryDecode(codec, octets);
      return { typeUrl, typeName, value, octets: plainView(octets) };
    }),
  };
}

/** As the loader's codec hands it out. */
interface DecodedStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly { readonly type_url: string; readonly value: Uint8Array }[];
}

/** What the loader makes of a message type, as far as we use it. */
interface Codec {
  serialize(value: object): Buffer;
  deserialize(octets: Buffer): object;
}

let codecs: ReadonlyMap<string, Codec> | undefined;

/** Read when first asked for: most programs never see a detail. */
function loadCodecs(): ReadonlyMap<string, Codec> {
  if (codecs !== undefined) return codecs;
  const definitions = loadSync(PROTOS.map((url) => fileURLToPath(url)), LOADER_OPTIONS);
  const loaded = new Map<string, Codec>();
  for (const [name, definition] of Object.entries(definitions)) {
    if (name.startsWith("google.rpc.") && isCodec(definition)) loaded.set(name, definition);
  }
  return codecs = loaded;
}

function isCodec(definition: object): definition is Codec {
  return "serialize" in definition && typeof definition.serialize === "function" &&
    "deserialize" in definition && typeof definition.deserialize === "function";
}

/** The types that may be details: messages at the top of error_details.proto. */
function listTypes(): string[] {
  return [...loadCodecs().keys()].filter((name) => name !== "google.rpc.Status");
}

function findCodec(type: string): Codec | undefined {
  return type === "google.rpc.Status" ? undefined : loadCodecs().get(type);
}

function statusCodec(): Codec {
  const codec = loadCodecs().get("google.rpc.Status");
  if (codec === undefined) throw new TypeError("Cannot find google.rpc.Status in its own .proto");
  return codec;
}

/** A `Buffer`, which the loader's codecs give, prints and compares unlike other octets. */
function plainView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** A decoded message; undefined if the octets do not fit its type. */
function tryDecode(codec: Codec, octets: Uint8Array): Record<string, unknown> | undefined {
  const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
  try {
    return codec.deserialize(buffer) as Record<string, unknown>;
  } catch {
    // Whatever it is, a peer's octets brought it about: cut off, of a foreign wire type, nested beyond the stack.
    return undefined;
  }
}
