import assert from "node:assert/strict";
import { caseOf, loadProject, projectOf } from "./support.ts";

Deno.test("allocateNames() gives every type a name of its own", async () => {
  const { names } = await loadProject(caseOf("names"));
  const all = [
    ...names.received,
    ...names.sent,
    ...names.enums,
    ...names.handlers,
    ...names.clients,
  ]
    .map(([, name]) => name);
  assert.equal(new Set(all).size, all.length, all.join());
  const rows: Record<string, string> = {
    "names.Object": "Object_",
    "names.Uint8Array": "Uint8Array_",
    "names.class": "class_",
    "names.rpc": "rpc_",
    "names.Foo": "Foo",
    "names.FooInit": "FooInit",
    "names.Foo_Bar": "names_Foo_Bar",
    "names.Foo.Bar": "Foo_Bar",
    "names.string_": "string_",
  };
  for (const [fullName, name] of Object.entries(rows)) {
    const candidates = [name, `names_${name.replace(/_$/, "")}`];
    assert.ok(
      candidates.includes(names.received.get(fullName) ?? ""),
      `${fullName}: ${names.received.get(fullName)}`,
    );
  }
  assert.equal(names.sent.get("names.Foo"), "FooInit_");
  assert.equal(names.services.get("names.RpcError"), "names_RpcError");
});

Deno.test("allocateNames() calls the types of other packages short where it can", async () => {
  const { names } = await projectOf(`syntax = "proto3";
package own;
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
message Timestamp { google.protobuf.Timestamp at = 1; google.protobuf.Duration lasts = 2; }
service S { rpc Get(Timestamp) returns (Timestamp); }
`);
  assert.equal(names.received.get("own.Timestamp"), "Timestamp");
  assert.equal(names.received.get("google.protobuf.Timestamp"), "google_protobuf_Timestamp");
  assert.equal(names.received.get("google.protobuf.Duration"), "Duration");
});
