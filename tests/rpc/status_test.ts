import { strict as assert } from "node:assert";
import { RpcError, Status, statusName } from "../../rpc/status.ts";

/** grpc/doc/statuscodes.md. */
const NAMES = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
  "DATA_LOSS",
  "UNAUTHENTICATED",
] as const;

NAMES.forEach((name, code) => {
  Deno.test(`Status ${code} is ${name}`, () => {
    assert.equal(Status[name], code);
    assert.equal(statusName(code), name);
  });
});

Deno.test("There are no other statuses, and an unknown code has a name of its own", () => {
  assert.equal(Object.keys(Status).length, NAMES.length);
  assert.equal(statusName(17), "CODE_17");
  assert.equal(statusName(-1), "CODE_-1");
});

Deno.test("An RpcError keeps its cause only if there is one", () => {
  const cause = new Error("why");
  assert.equal(new RpcError(Status.ABORTED, "no", { cause }).cause, cause);
  assert.equal("cause" in new RpcError(Status.ABORTED, "no"), false);
});
