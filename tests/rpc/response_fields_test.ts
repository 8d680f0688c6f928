import { strict as assert } from "node:assert";
import type { HeaderField } from "../../rpc/http2/mod.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { type ResponseStatus, writeStatus } from "../../rpc/response_fields.ts";
import { headerListOctets } from "../../rpc/wire_metadata.ts";

function written(status: ResponseStatus, maxOctets = Infinity): string[] {
  const fields: HeaderField[] = [];
  writeStatus(fields, status, maxOctets);
  if (maxOctets >= 44) assert.ok(headerListOctets(fields) <= maxOctets);
  return fields.map(({ name, value }) => `${name}: ${value}`);
}

const metadata = Metadata.of({ "x-trailer": "t" });
metadata.set("grpc-status-details-bin", Uint8Array.of(1));

Deno.test("writeStatus() writes code, message, trailers and details", () => {
  assert.deepEqual(written({ code: 0, message: "" }), ["grpc-status: 0"]);
  assert.deepEqual(written({ code: 5, message: "a%☺", metadata }), [
    "grpc-status: 5",
    "grpc-message: a%25%E2%98%BA",
    "x-trailer: t",
    "grpc-status-details-bin: AQ",
  ]);
});

Deno.test("writeStatus() gives up trailers first, then the end of the message, never the code", () => {
  const status = { code: 5, message: "a%☺", metadata };
  assert.deepEqual(written(status, 101), ["grpc-status: 5", "grpc-message: a%25%E2%98%BA"]);
  // An escape is not cut in two.
  assert.deepEqual(written(status, 100), ["grpc-status: 5", "grpc-message: a%25%E2%98"]);
  assert.deepEqual(written(status, 99), ["grpc-status: 5", "grpc-message: a%25%E2%98"]);
  assert.deepEqual(written(status, 96), ["grpc-status: 5", "grpc-message: a%25%E2"]);
  assert.deepEqual(written(status, 10), ["grpc-status: 5", "grpc-message: "]);
});
