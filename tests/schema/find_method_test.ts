import assert from "node:assert/strict";
import { defaultStreamingMethod, findMethod } from "../../schema/mod.ts";
import { schemaOf } from "./support.ts";

const schema = schemaOf([
  { service: "pkg.Broker", name: "Predict", kind: "bidirectional" },
  { service: "pkg.Broker", name: "Status", kind: "unary" },
  { service: "pkg.Admin", name: "Status", kind: "unary" },
]);

const SPELLINGS = [
  ["pkg.Broker/Predict", "/pkg.Broker/Predict"],
  ["pkg.Broker.Predict", "/pkg.Broker/Predict"],
  ["/pkg.Broker/Predict", "/pkg.Broker/Predict"],
  ["Broker/Predict", "/pkg.Broker/Predict"],
  ["Broker.Predict", "/pkg.Broker/Predict"],
  ["Predict", "/pkg.Broker/Predict"],
  ["Admin/Status", "/pkg.Admin/Status"],
] as const;

for (const [name, path] of SPELLINGS) {
  Deno.test(`findMethod() accepts "${name}"`, () => {
    assert.equal(findMethod(schema, name).path, path);
  });
}

const FAILURES = [
  [
    "Status",
    'Cannot tell which method "Status" means: pkg.Broker/Status, pkg.Admin/Status all fit; write one of these',
  ],
  [
    "Predcit",
    'Cannot find the method "Predcit" in "test.proto": did you mean pkg.Broker/Predict?',
  ],
  [
    "pkg.Brokr/Predict",
    'Cannot find the method "pkg.Brokr/Predict" in "test.proto": did you mean pkg.Broker/Predict?',
  ],
  [
    "redict",
    'Cannot find the method "redict" in "test.proto": did you mean pkg.Broker/Predict?',
  ],
  [
    "Unrelated",
    'Cannot find the method "Unrelated" in "test.proto": ' +
    "its methods are pkg.Broker/Predict, pkg.Broker/Status, pkg.Admin/Status",
  ],
] as const;

for (const [name, message] of FAILURES) {
  Deno.test(`findMethod() rejects "${name}" and says what there is`, () => {
    assert.throws(() => findMethod(schema, name), { name: "SchemaError", message });
  });
}

Deno.test("findMethod() prefers a server's own method to one of gRPC's services", () => {
  const own = { service: "pkg.Feed", name: "Watch" };
  const health = { service: "grpc.health.v1.Health", name: "Watch" };
  const table = { source: "test", services: [{ methods: [health] }, { methods: [own] }] };
  assert.equal(findMethod(table, "Watch"), own);
  assert.equal(findMethod(table, "Health/Watch"), health);
});

Deno.test("defaultStreamingMethod() is the only streaming method", () => {
  assert.equal(defaultStreamingMethod(schema).name, "Predict");
});

Deno.test("defaultStreamingMethod() lists the candidates and names --method", () => {
  const two = schemaOf([
    { service: "S", name: "Up", kind: "client_streaming" },
    { service: "S", name: "Down", kind: "server_streaming" },
  ]);
  assert.throws(() => defaultStreamingMethod(two), {
    message:
      'Cannot choose a method of "test.proto": 2 of them stream; name one with --method: S/Up, S/Down',
  });
  const none = schemaOf([{ service: "S", name: "Get", kind: "unary" }]);
  assert.throws(() => defaultStreamingMethod(none), {
    message:
      'Cannot choose a method of "test.proto": none of them streams; name one with --method: S/Get',
  });
});
