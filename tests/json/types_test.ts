import assert from "node:assert/strict";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { AnySchema } from "@bufbuild/protobuf/wkt";
import { loadSync } from "@grpc/proto-loader";
import {
  createTemplate,
  createTypes,
  decodeJson,
  encodeJson,
  formatJson,
  JsonError,
  UnknownTypeError,
} from "../../json/mod.ts";
import { TypeBook } from "../../calling/mod.ts";
import { parseJson } from "../../json/parse_json.ts";
import { encodeFileDescriptor } from "../../schema/file_descriptor.ts";
import { SchemaError } from "../../schema/mod.ts";
import { repositoryPath } from "../support/paths.ts";
import { loadTypes, messageOf, octetsOf, roundTrip } from "./support.ts";

const types = await loadTypes("mapping.proto");
const older = await loadTypes("older.proto");
const ALL = "broker.mapping.All";
const OLDER = "broker.mapping.older.Older";

Deno.test("proto2 has presence, groups, closed enums and extensions in JSON", () => {
  const rows = [
    '{"id":0,"retries":0,"site":{"name":""},"kind":"SECOND"}',
    '{"id":1,"[broker.mapping.older.serial]":"9007199254740993"}',
    '{"id":1,"[broker.mapping.older.labels]":["a","b"]}',
    '{"id":1,"[broker.mapping.older.parent]":{"id":2,"[broker.mapping.older.serial]":"5"}}',
  ];
  for (const json of rows) assert.equal(roundTrip(older, OLDER, json), json);
  assert.throws(
    () => octetsOf(older, OLDER, '{"kind":5}'),
    /^JsonError: kind is 5, want one of FI/,
  );
  assert.throws(
    () => octetsOf(older, OLDER, '{"id":1,"[broker.mapping.older.nope]":1}'),
    /\["\[broker\.mapping\.older\.nope\]"\] is no field of/,
  );
  assert.throws(() => octetsOf(older, OLDER, "{}"), /id/);
});

Deno.test("encodeJson() adds the fields at their defaults that cannot be unset, when asked", () => {
  const inner = "broker.mapping.Inner";
  assert.equal(roundTrip(types, inner, "{}", { emitDefaults: true }), '{"innerId":0}');
  const all = JSON.parse(roundTrip(types, ALL, "{}", { emitDefaults: true }));
  assert.deepEqual(
    [all.aBool, all.anInt64, all.aFloat, all.someBytes, all.color, all.numbers, all.byName],
    [false, "0", 0, "", "COLOR_UNSPECIFIED", [], {}],
  );
  for (const unset of ["maybe", "inner", "text", "time", "int32Value"]) {
    assert.ok(!(unset in all), unset);
  }
});

Deno.test("encodeJson() shows an Any of an unknown type as base64 and says its name", () => {
  const desc = messageOf(types, ALL);
  const any = '{"any":{"@type":"type.googleapis.com/broker.mapping.Inner","innerId":5}}';
  const octets = octetsOf(types, ALL, any);
  const elsewhere = octets.slice();
  // The name of the type, where it stands in the octets, made another one.
  const at = new TextDecoder().decode(octets).indexOf("Inner");
  elsewhere.set(new TextEncoder().encode("Outer"), at);
  const unknown: string[] = [];
  const value = encodeJson(desc, fromBinary(desc, elsewhere), types, {
    onUnknownType: (name) => unknown.push(name),
  });
  assert.equal(
    formatJson(value),
    '{"any":{"@type":"type.googleapis.com/broker.mapping.Outer","@value":"CAU="}}',
  );
  assert.deepEqual(unknown, ["broker.mapping.Outer"]);
  const json = '{"any":{"@type":"x/broker.Missing"}}';
  assert.throws(() => octetsOf(types, ALL, json), (error) => {
    assert.ok(error instanceof UnknownTypeError);
    assert.equal(error.typeName, "broker.Missing");
    return true;
  });
});

Deno.test("encodeJson() refuses what has no form in JSON", () => {
  const rows: [json: string, seconds: bigint][] = [
    ['{"time":"1970-01-01T00:00:01Z"}', 300_000_000_000n],
    ['{"duration":"1s"}', 400_000_000_000n],
  ];
  for (const [json, seconds] of rows) {
    const desc = messageOf(types, ALL);
    const message = decodeJson(desc, parseJson(json), types);
    Reflect.set(Reflect.get(message, json.slice(2, json.indexOf(":") - 1)), "seconds", seconds);
    assert.throws(() => encodeJson(desc, message, types), JsonError, json);
  }
});

Deno.test("encodeJson() does not follow a peer's Any within an Any for ever", () => {
  const desc = messageOf(types, "google.protobuf.Any");
  const url = "type.googleapis.com/google.protobuf.Any";
  let any = create(AnySchema);
  for (let depth = 0; depth < 2000; depth++) {
    any = create(AnySchema, { typeUrl: url, value: toBinary(AnySchema, any) });
  }
  assert.throws(() => encodeJson(desc, any, types), /^JsonError: An Any holds another one, 100 t/);
});

Deno.test("createTemplate() makes JSON that is taken as it is", () => {
  for (const [set, name] of [[types, ALL], [older, OLDER]] as const) {
    const template = createTemplate(messageOf(set, name));
    const text = formatJson(template, { isIndented: true });
    assert.doesNotThrow(() => octetsOf(set, name, text), text);
  }
  const template = JSON.parse(formatJson(createTemplate(messageOf(types, ALL))));
  assert.deepEqual(
    [template.self, template.text, template.inners, template.byId, template.anInt64],
    [null, "", [{ innerId: 0 }], { "0": "" }, "0"],
  );
  assert.ok(!("number" in template), "only the first member of a oneof");
});

Deno.test("createTypes() mends what grpc-js servers say of themselves", () => {
  const folder = repositoryPath("tests/json");
  const definitions = loadSync(["mapping.proto", "older.proto"], {
    keepCase: true,
    includeDirs: [folder],
  });
  const octets = ["broker.mapping.All", OLDER].flatMap((name) => {
    const definition = definitions[name];
    assert.ok(definition !== undefined && "fileDescriptorProtos" in definition);
    return definition.fileDescriptorProtos as Uint8Array[];
  });
  const mended = createTypes(octets, "the test");
  const rows = [
    '{"maybe":0,"byId":{"9223372036854775807":"x"},"inner":{"innerId":1},"time":"1972-01-01T00:00:00Z"}',
    '{"numbers":[1,2],"colors":["RED"],"text":"a","self":{"aBool":true}}',
  ];
  for (const json of rows) {
    assert.deepEqual(octetsOf(mended, ALL, json), octetsOf(types, ALL, json), json);
  }
  const json = '{"id":1,"retries":0,"site":{"name":"x"},"kind":"SECOND"}';
  assert.deepEqual(octetsOf(mended, OLDER, json), octetsOf(older, OLDER, json));
});

Deno.test("createTypes() makes types of packages that use each other", () => {
  const files = ["ring_a.proto", "ring_b.proto", "ring_c.proto"];
  const definitions = loadSync(files, {
    keepCase: true,
    includeDirs: [repositoryPath("tests/json")],
  });
  const definition = definitions["ring.b.Right"];
  assert.ok(definition !== undefined && "fileDescriptorProtos" in definition);
  const ring = createTypes(definition.fileDescriptorProtos as Uint8Array[], "the test");
  const json = '{"left":{"byName":{"a":{"id":1}},"kind":"GOOD","at":"1972-01-01T00:00:00Z"}}';
  assert.equal(roundTrip(ring, "ring.b.Right", json), json);
  assert.equal(ring.getService("ring.b.Ring")?.methods[0]?.input.typeName, "ring.b.Right");
});

Deno.test("createTypes() takes no name that is none, and says what is missing", () => {
  const describe = (message: string, typeName: string) =>
    encodeFileDescriptor({
      name: "x.proto",
      syntax: "proto3",
      messageType: [{
        name: message,
        field: [{ name: "a", number: 1, type: "TYPE_MESSAGE", label: "LABEL_OPTIONAL", typeName }],
      }],
    });
  const rows: [Uint8Array, RegExp][] = [
    [describe("A{}", ".A"), /invalid message name "A\{\}"/],
    [describe("A", ".Missing"), /\.Missing/],
    [new Uint8Array([0xff]), /^Cannot use the descriptors of the test: /],
  ];
  for (const [octets, reason] of rows) {
    assert.throws(() => createTypes([octets], "the test"), (error) => {
      assert.ok(error instanceof SchemaError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  }
});

Deno.test("createTypes() makes one file of each ring alone, whatever stands beside it", () => {
  const file = (packageName: string, syntax: string, typeName?: string) =>
    encodeFileDescriptor({
      name: `${packageName}.proto`,
      package: packageName,
      syntax,
      messageType: [{
        name: "Part",
        field: typeName === undefined ? [] : [
          { name: "other", number: 1, label: "LABEL_OPTIONAL", type: "TYPE_MESSAGE", typeName },
        ],
      }],
    });
  const made = createTypes([
    file("site.user", "proto3", ".site.a.Part"),
    file("site.a", "proto3", ".site.b.Part"),
    file("site.b", "proto3", ".site.a.Part"),
    file("site.c", "proto2", ".site.d.Part"),
    file("site.d", "proto2", ".site.b.Part"),
    file("site.e", "proto2", ".site.f.Part"),
    file("site.f", "proto2", ".site.e.Part"),
    file("site.alone", "proto2"),
  ], "the test");
  const json = '{"other":{"other":{"other":{}}}}';
  for (const name of ["user", "a", "c", "e"]) {
    assert.equal(roundTrip(made, `site.${name}.Part`, json), json);
  }
});

Deno.test("TypeBook shows an Any as octets when the files of its type cannot be used", async () => {
  const broken = encodeFileDescriptor({
    name: "broken.proto",
    package: "broken",
    messageType: [{
      name: "Part",
      field: [{ name: "part", number: 1, type: "TYPE_MESSAGE", typeName: ".no.Where" }],
    }],
  });
  const contract = { source: "the test", services: [], files: new Map(), comments: new Map() };
  const book = new TypeBook(contract, () => Promise.resolve(new Map([["broken.proto", broken]])));
  const value = Uint8Array.of(1, 2);
  const read = () => create(AnySchema, { typeUrl: "x/broken.Part", value });
  const json = await book.encode("google.protobuf.Any", read, { emitDefaults: false });
  assert.equal(formatJson(json), '{"@type":"x/broken.Part","@value":"AQI="}');
});
