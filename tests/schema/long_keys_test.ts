import assert from "node:assert/strict";
import { repositoryPath } from "../support/paths.ts";
import { loadSchema } from "../../schema/mod.ts";
import { methodOf, withFiles } from "./support.ts";

Deno.test("A schema's codecs hand 64-bit keys of maps out as decimal strings, at any depth", async () => {
  const schema = await loadSchema([repositoryPath("tests/testdata/scaffold/constructs.proto")]);
  const { definition } = methodOf(schema, "Echo");
  const keys = ["0", "-1", "5", "9223372036854775807", "-9223372036854775808", "12345678"];
  const by_long = Object.fromEntries(keys.map((key, index) => [key, index]));
  const unsigned = { "18446744073709551615": "max", "0": "zero", "87654321": "eight digits" };
  const inner = { by_long, by_unsigned_long: unsigned };
  const sent = {
    ...inner,
    self: inner,
    selves: [{}, inner],
    by_text: { a: inner },
    choice_message: { self: { maybe_self: inner } },
    by_fixed: { "-7": inner },
  };
  const received = definition.requestDeserialize(definition.requestSerialize(sent));
  const read = (...path: readonly string[]): unknown =>
    path.reduce((value: unknown, key) => Reflect.get(Object(value), key), received);
  const places = [
    [],
    ["self"],
    ["selves", "1"],
    ["by_text", "a"],
    ["choice_message", "self", "maybe_self"],
    ["by_fixed", "-7"],
  ];
  for (const place of places) {
    assert.deepEqual(read(...place, "by_long"), by_long, place.join("."));
    assert.deepEqual(read(...place, "by_unsigned_long"), unsigned, place.join("."));
  }
  // What was received can be sent again.
  assert.deepEqual(definition.requestDeserialize(definition.requestSerialize(received)), received);
});

Deno.test("A map and a message may be called the same, but for the first letter", async () => {
  const text = `syntax = "proto3";
message Foo { int32 x = 1; }
message M {
  map<string, Foo> foo = 1;
  Foo other = 2;
  repeated Foo more = 3;
  map<string, M> m = 4;
}
service S { rpc A(M) returns (M); }
`;
  await withFiles({ "a.proto": text }, async (folder) => {
    const { request } = methodOf(await loadSchema([`${folder}/a.proto`]), "A");
    const types = request.fields.map(({ name, cardinality, type }) =>
      `${name} ${cardinality} ${type.kind === "message" ? type.message.fullName : type.kind}`
    );
    assert.deepEqual(types, ["foo map Foo", "other single Foo", "more repeated Foo", "m map M"]);
  });
});
