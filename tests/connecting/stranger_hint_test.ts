import assert from "node:assert/strict";
import { findStranger, hintOfEnd, portHint } from "../../connecting/stranger_hint.ts";
import { parseTarget, Status } from "../../rpc/mod.ts";

const FOUND = "HTTP status 404, content-type text/html, no grpc-status";
const message = `The server's answer is not gRPC: ${FOUND}`;

Deno.test("portHint() knows the port of the page", () => {
  const page =
    "; 8062 is the page of broker serve, which takes calls on 8061, or where its --port says";
  const rows: readonly (readonly [target: string, hint: string])[] = [
    ["localhost:8062", page],
    ["http://10.0.0.1:8062", page],
    ["localhost:8061", "; check the port"],
    ["unix:/run/8062", "; check the port"],
  ];
  for (const [target, hint] of rows) assert.equal(portHint(parseTarget(target)), hint);
});

Deno.test("A status that a server of gRPC has given is never that of a stranger", () => {
  assert.equal(findStranger({ code: Status.UNIMPLEMENTED, message }), FOUND);
  const rows = [
    { code: Status.UNIMPLEMENTED, message: "Unknown method" },
    // A proxy that has lost its server, or wants to know who is calling.
    { code: Status.UNAVAILABLE, message },
    { code: Status.UNAUTHENTICATED, message },
  ];
  for (const end of rows) assert.equal(hintOfEnd(end, parseTarget("localhost:1")), "");
});
