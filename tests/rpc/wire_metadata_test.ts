import { strict as assert } from "node:assert";
import { decodeBase64, encodeBase64 } from "../../rpc/base64.ts";
import type { HeaderField } from "../../rpc/http2/mod.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcError, Status } from "../../rpc/status.ts";
import {
  headerListOctets,
  isGrpcContentType,
  readMetadata,
  writeMetadata,
} from "../../rpc/wire_metadata.ts";

function octetsOf(value: string, name = "x-bin"): number[][] {
  return readMetadata([{ name, value }]).get(name).map((octets) => {
    assert.ok(octets instanceof Uint8Array);
    return [...octets];
  });
}

const BINARY = [
  { name: "padded", value: "/w==", octets: [[255]] },
  { name: "without padding", value: "/w", octets: [[255]] },
  { name: "empty", value: "", octets: [[]] },
  { name: "joined by commas", value: "AQ==,Ag,AwQ", octets: [[1], [2], [3, 4]] },
  { name: "joined with spaces", value: "AQ, Ag", octets: [[1], [2]] },
  { name: "joined with an empty one", value: "AQ,", octets: [[1], []] },
] as const;

for (const { name, value, octets } of BINARY) {
  Deno.test(`readMetadata() reads a -bin value that is ${name}`, () => {
    assert.deepEqual(octetsOf(value), octets);
  });
}

for (const value of ["a", "a*==", "AQ===", "A-_8", "AQ==AQ=="]) {
  Deno.test(`readMetadata() refuses the -bin value ${JSON.stringify(value)}`, () => {
    assert.throws(
      () => octetsOf(value),
      (error) => error instanceof RpcError && error.code === Status.INTERNAL,
    );
  });
}

Deno.test("readMetadata() hides what the protocol owns and shows the rest", () => {
  const shown = readMetadata([
    { name: "content-type", value: "application/grpc" },
    { name: "te", value: "trailers" },
    { name: "grpc-timeout", value: "1S" },
    { name: "grpc-unheard-of-bin", value: "not base64!" },
    { name: "user-agent", value: "mine" },
    { name: "x-text", value: "a, b" },
    { name: "x-odd", value: "\u00e9\u0001" },
  ]);
  // Text is not split, and a value out of range is no error.
  assert.deepEqual(shown.toJSON(), {
    "user-agent": ["mine"],
    "x-text": ["a, b"],
    "x-odd": ["\u00e9\u0001"],
  });
});

Deno.test("writeMetadata() leaves out what the protocol owns and marks secrets", () => {
  const metadata = Metadata.of({
    "grpc-status": "0",
    "te": "x",
    "content-type": "x",
    "user-agent": "x",
    "host": "x",
    "authorization": "Bearer secret",
    "x-bin": Uint8Array.of(255, 254),
  });
  metadata.add("x-many", "1");
  metadata.add("x-many", "2");
  const fields: HeaderField[] = [];
  writeMetadata(metadata, fields);
  assert.deepEqual(fields, [
    { name: "authorization", value: "Bearer secret", sensitive: true },
    { name: "x-bin", value: "//4" },
    { name: "x-many", value: "1" },
    { name: "x-many", value: "2" },
  ]);
});

Deno.test("Base64 comes back as it was, for every length and octet", () => {
  for (let length = 0; length < 260; length++) {
    const octets = Uint8Array.from({ length }, (_, at) => (at * 7 + length) & 255);
    for (const padded of [true, false]) {
      const text = encodeBase64(octets, { padded });
      assert.deepEqual([...decodeBase64(text) ?? []], [...octets]);
      assert.equal(text.includes("="), padded && length % 3 !== 0);
    }
  }
});

Deno.test("headerListOctets() counts 32 for each field", () => {
  assert.equal(headerListOctets([{ name: "ab", value: "cde" }, { name: "f", value: "" }]), 70);
});

const CONTENT_TYPES = {
  "application/grpc": true,
  "application/grpc+proto": true,
  "application/grpc;charset=utf-8": true,
  "APPLICATION/GRPC": true,
  "application/grpc-web": false,
  "application/grpcx": false,
  "text/application/grpc": false,
  "": false,
};

for (const [contentType, isGrpc] of Object.entries(CONTENT_TYPES)) {
  Deno.test(`isGrpcContentType() ${isGrpc ? "takes" : "refuses"} "${contentType}"`, () => {
    assert.equal(isGrpcContentType(contentType), isGrpc);
  });
}
