import assert from "node:assert/strict";
import { type FieldShape, loadSchema, type MessageShape } from "../../schema/mod.ts";
import { loadEverything, methodOf, withFiles } from "./support.ts";

const schema = await loadEverything();
const everything = methodOf(schema, "Get").request;
const legacy = methodOf(schema, "Send").response;

function fieldOf(message: MessageShape, name: string): FieldShape {
  const field = message.fields.find((candidate) => candidate.name === name);
  assert.ok(field, `no field ${name}`);
  return field;
}

function messageOf(field: FieldShape): MessageShape {
  assert.equal(field.type.kind, "message");
  return field.type.kind === "message" ? field.type.message : everything;
}

Deno.test("createShapes() sorts fields by number and keeps their names", () => {
  const numbers = everything.fields.map(({ number }) => number);
  assert.deepEqual(numbers, Array.from({ length: 35 }, (_, index) => index + 1));
  assert.equal(everything.fields[0]?.name, "a_double");
  assert.equal(fieldOf(everything, "camelCase").number, 35);
});

const SCALARS = [
  ["a_double", "double"],
  ["a_float", "float"],
  ["an_int32", "int32"],
  ["an_int64", "int64"],
  ["a_uint32", "uint32"],
  ["a_uint64", "uint64"],
  ["a_sint32", "sint32"],
  ["a_sint64", "sint64"],
  ["a_fixed32", "fixed32"],
  ["a_fixed64", "fixed64"],
  ["a_sfixed32", "sfixed32"],
  ["a_sfixed64", "sfixed64"],
  ["a_bool", "bool"],
  ["a_string", "string"],
  ["some_bytes", "bytes"],
] as const;

for (const [name, scalar] of SCALARS) {
  Deno.test(`createShapes() knows the scalar type ${scalar}`, () => {
    const { type, cardinality, explicitPresence } = fieldOf(everything, name);
    assert.deepEqual(type, { kind: "scalar", scalar });
    assert.equal(cardinality, "single");
    assert.equal(explicitPresence, false);
  });
}

Deno.test("createShapes() lists enum values in order, aliases and negative ones included", () => {
  const { type } = fieldOf(everything, "color");
  assert.deepEqual(type, {
    kind: "enum",
    enum: {
      fullName: "test.everything.Color",
      values: [
        { name: "RED", number: 0 },
        { name: "CRIMSON", number: 0 },
        { name: "GREEN", number: 5 },
        { name: "NEGATIVE", number: -1 },
      ],
    },
  });
});

Deno.test("createShapes() lets recursive messages refer to themselves", () => {
  const inner = messageOf(fieldOf(everything, "inner"));
  assert.equal(inner.fullName, "test.everything.Everything.Inner");
  assert.equal(messageOf(fieldOf(inner, "back")), everything);
  const { type } = fieldOf(inner, "kind");
  assert.equal(type.kind === "enum" && type.enum.fullName, "test.everything.Everything.Inner.Kind");
});

Deno.test("createShapes() describes maps by their key and value", () => {
  const byName = fieldOf(everything, "inner_by_name");
  assert.equal(byName.cardinality, "map");
  assert.equal(byName.mapKey, "string");
  assert.equal(messageOf(byName), messageOf(fieldOf(everything, "inner")));
  const byLong = fieldOf(everything, "float_by_long");
  assert.equal(byLong.mapKey, "int64");
  assert.deepEqual(byLong.type, { kind: "scalar", scalar: "float" });
  assert.equal(fieldOf(everything, "color_by_name").type.kind, "enum");
});

Deno.test("createShapes() tells a oneof from proto3 optional", () => {
  assert.equal(fieldOf(everything, "choice_text").oneof, "choice");
  assert.equal(fieldOf(everything, "choice_number").oneof, "choice");
  assert.equal(fieldOf(everything, "choice_text").explicitPresence, false);
  const optional = fieldOf(everything, "maybe_number");
  assert.equal(optional.oneof, undefined);
  assert.equal(optional.explicitPresence, true);
  assert.equal(fieldOf(everything, "a_double").oneof, undefined);
});

Deno.test("createShapes() describes proto2: presence, groups, no extensions", () => {
  assert.deepEqual(legacy.fields.map(({ name }) => name), ["id", "name", "entry", "part"]);
  assert.equal(fieldOf(legacy, "id").explicitPresence, true);
  assert.equal(fieldOf(legacy, "name").explicitPresence, true);
  const group = fieldOf(legacy, "entry");
  assert.equal(group.cardinality, "repeated");
  assert.equal(messageOf(group).fullName, "test.everything.old.Legacy.Entry");
});

Deno.test("createShapes() resolves types of other packages and well-known types", () => {
  assert.equal(messageOf(fieldOf(everything, "legacy")), legacy);
  assert.equal(messageOf(fieldOf(everything, "part")), messageOf(fieldOf(legacy, "part")));
  const timestamp = messageOf(fieldOf(everything, "at"));
  assert.equal(timestamp.fullName, "google.protobuf.Timestamp");
  assert.deepEqual(timestamp.fields.map(({ name }) => name), ["seconds", "nanos"]);
});

Deno.test("createShapes() tells the names that fields are given in JSON", async () => {
  const files = {
    "a.proto": `
      syntax = "proto3";
      package p;
      import "b.proto";
      message M { int32 wind_speed = 1 [json_name = "wind"]; b.Inner inner = 2; }
      service S { rpc A(M) returns (M); }
    `,
    "b.proto": `
      edition = "2024";
      package b;
      export message Inner { int32 a = 1; message Deep { int32 b = 1 [json_name = "B-b"]; } Deep deep = 2; }
    `,
  };
  await withFiles(files, async (folder) => {
    const { request } = methodOf(await loadSchema([`${folder}/a.proto`]), "A");
    const deep = messageOf(fieldOf(messageOf(fieldOf(request, "inner")), "deep"));
    assert.equal(fieldOf(request, "wind_speed").jsonName, "wind");
    assert.equal(fieldOf(request, "inner").jsonName, undefined);
    assert.equal(fieldOf(deep, "b").jsonName, "B-b");
  });
});
