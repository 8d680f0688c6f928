import process from "node:process";
import { RpcError, Status } from "./status.ts";

/** The encodings that we speak, as `grpc-accept-encoding` lists them. */
export const ACCEPTED_ENCODINGS = "identity,gzip";

/** A message encoding, and its way back. */
export interface Codec {
  readonly name: "gzip";
  compress(message: Uint8Array): Uint8Array;
  /** @throws RpcError `RESOURCE_EXHAUSTED` above `maxOctets`, `INTERNAL` for octets that are not of this encoding. */
  decompress(message: Uint8Array, maxOctets: number): Uint8Array;
}

/** The codec of an encoding; undefined for `identity`. Loads zlib where a call first needs it: it costs some ms. */
export function loadCodec(encoding: "identity" | "gzip"): Codec | undefined {
  if (encoding === "identity") return undefined;
  return gzip ??= createGzip(process.getBuiltinModule("node:zlib"));
}

/** True for an encoding that `loadCodec()` takes. */
export function isKnownEncoding(encoding: string): encoding is "identity" | "gzip" {
  return encoding === "identity" || encoding === "gzip";
}

let gzip: Codec | undefined;

function createGzip(zlib: typeof import("node:zlib")): Codec {
  return {
    name: "gzip",
    compress: (message) => zlib.gzipSync(message),
    decompress(message, maxOctets) {
      try {
        // Stops as soon as the limit is passed, whatever the message would become.
        return zlib.gunzipSync(message, { maxOutputLength: Math.max(1, maxOctets) });
      } catch (error) {
        if (error instanceof RangeError) {
          throw new RpcError(
            Status.RESOURCE_EXHAUSTED,
            `Cannot receive a message above ${maxOctets} octets (after decompression)`,
          );
        }
        throw new RpcError(Status.INTERNAL, "Cannot decompress a message: it is not gzip", {
          cause: error,
        });
      }
    },
  };
}
