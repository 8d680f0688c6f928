import { strict as assert } from "node:assert";
import { statusName } from "../../rpc/status.ts";
import { statusOfHttp, statusOfReset } from "../../rpc/status_tables.ts";
import { CODE } from "../support/wire.ts";

/** PROTOCOL-HTTP2, "HTTP2 Transport Mapping": a row per row. */
const RESETS = {
  NO_ERROR: "INTERNAL",
  PROTOCOL_ERROR: "INTERNAL",
  INTERNAL_ERROR: "INTERNAL",
  FLOW_CONTROL_ERROR: "INTERNAL",
  SETTINGS_TIMEOUT: "INTERNAL",
  FRAME_SIZE_ERROR: "INTERNAL",
  REFUSED_STREAM: "UNAVAILABLE",
  CANCEL: "CANCELLED",
  COMPRESSION_ERROR: "INTERNAL",
  CONNECT_ERROR: "INTERNAL",
  ENHANCE_YOUR_CALM: "RESOURCE_EXHAUSTED",
  INADEQUATE_SECURITY: "PERMISSION_DENIED",
  // Not in the table.
  STREAM_CLOSED: "UNKNOWN",
  HTTP_1_1_REQUIRED: "UNKNOWN",
} as const satisfies Record<keyof typeof CODE, string>;

for (const [code, status] of Object.entries(RESETS)) {
  Deno.test(`RST_STREAM with ${code} is ${status}`, () => {
    assert.equal(statusName(statusOfReset(CODE[code as keyof typeof CODE])), status);
  });
}

Deno.test("RST_STREAM with a code that HTTP/2 does not have is UNKNOWN", () => {
  assert.equal(statusName(statusOfReset(0xffff_ffff)), "UNKNOWN");
});

/** http-grpc-status-mapping.md: a row per row, and some that it leaves to "all others". */
const HTTP = [
  [400, "INTERNAL"],
  [401, "UNAUTHENTICATED"],
  [403, "PERMISSION_DENIED"],
  [404, "UNIMPLEMENTED"],
  [429, "UNAVAILABLE"],
  [431, "INTERNAL"],
  [502, "UNAVAILABLE"],
  [503, "UNAVAILABLE"],
  [504, "UNAVAILABLE"],
  [200, "UNKNOWN"],
  [204, "UNKNOWN"],
  [301, "UNKNOWN"],
  [405, "UNKNOWN"],
  [415, "UNKNOWN"],
  [500, "UNKNOWN"],
] as const;

for (const [http, status] of HTTP) {
  Deno.test(`HTTP status ${http} without grpc-status is ${status}`, () => {
    assert.equal(statusName(statusOfHttp(http)), status);
  });
}
