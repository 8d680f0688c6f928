import assert from "node:assert/strict";
import { compareManifests } from "../../codegen/mod.ts";

Deno.test("compareManifests() knows fields that are called as what every object has", () => {
  const manifestOf = (fields: Readonly<Record<string, string>>) => ({
    about: "",
    proto: "a.proto",
    files: {},
    methods: { "a.S/Do": "rpc Do(a.M) returns (a.M)" },
    messages: { "a.M": fields },
  });
  const before = manifestOf({ id: "int32", constructor: "string" });
  const after = manifestOf({ id: "int32", toString: "bool" });
  assert.deepEqual(compareManifests(before, after), [{
    kind: "message",
    method: "a.S/Do",
    message: "a.M",
    text: "constructor is gone; toString is new",
  }]);
});
