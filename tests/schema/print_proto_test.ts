import assert from "node:assert/strict";
import { loadSchema, loadSources, printProtos, withTemporaryProtos } from "../../schema/mod.ts";
import { loadDefinitions } from "../../schema/load_definitions.ts";
import { printProto } from "../../schema/print_proto.ts";
import { PROTO_CASES } from "../codegen/support.ts";

/** What a server with this schema says of itself: the descriptors that the loader keeps. */
async function reflectedOf(path: string, importPaths: readonly string[]) {
  const { definitions } = await loadDefinitions([path], { importPaths });
  const files = new Map<string, Uint8Array>();
  const services: string[] = [];
  for (const [name, definition] of Object.entries(definitions)) {
    if ("format" in definition && typeof definition.format === "string") continue;
    services.push(name);
    for (const method of Object.values(definition)) {
      for (const octets of method.requestType.fileDescriptorProtos) {
        files.set(String(files.size), octets);
      }
    }
  }
  const unique = new Map([...new Set(files.values())].map((octets) => [nameOf(octets), octets]));
  return { services, files: unique };
}

/** The name of a file is the first field of its descriptor. */
function nameOf(octets: Uint8Array): string {
  const length = octets[1] ?? 0;
  return new TextDecoder().decode(octets.subarray(2, 2 + length));
}

for (const { name, path, importPaths } of PROTO_CASES) {
  Deno.test(`printProtos() writes the descriptors of ${name}.proto so that they mean the same`, async () => {
    const printed = printProtos(await reflectedOf(path, importPaths), { name: "services" });
    const before = await loadSchema([path], { importPaths });
    const after = await withTemporaryProtos(
      printed,
      (main, folder) => loadSchema([main], { importPaths: [folder] }),
    );
    const describe = (schema: typeof before) =>
      schema.services.flatMap(({ methods }) =>
        methods.map(({ path, kind, request, response }) => ({ path, kind, request, response }))
      ).sort((left, right) => left.path < right.path ? -1 : 1);
    assert.deepEqual(describe(after), describe(before));
  });
}

Deno.test("printProto() writes what protoc says that protobufjs does not", async () => {
  const optional = { label: "LABEL_OPTIONAL", type: "TYPE_INT32" };
  const text = printProto({
    name: "a.proto",
    package: "p",
    syntax: "proto2",
    messageType: [{
      name: "M",
      field: [
        { ...optional, name: "a", number: 1, label: "LABEL_REQUIRED" },
        { ...optional, name: "b", number: 2, defaultValue: "-5" },
        {
          name: "c",
          number: 3,
          label: "LABEL_OPTIONAL",
          type: "TYPE_STRING",
          defaultValue: 'a "b"',
        },
        { ...optional, name: "d", number: 4, label: "LABEL_REPEATED", options: { packed: true } },
        {
          name: "e",
          number: 5,
          label: "LABEL_REPEATED",
          type: "TYPE_MESSAGE",
          typeName: ".p.M.EEntry",
        },
      ],
      nestedType: [{
        name: "EEntry",
        field: [{ ...optional, name: "key", number: 1 }, {
          name: "value",
          number: 2,
          label: "LABEL_OPTIONAL",
          type: "TYPE_MESSAGE",
          typeName: ".p.M",
        }],
        options: { mapEntry: true },
      }],
      extensionRange: [{ start: 100, end: 536_870_912 }],
    }],
    service: [{ name: "S", method: [{ name: "A", inputType: ".p.M", outputType: ".p.M" }] }],
  }, []);
  assert.equal(
    text,
    `syntax = "proto2";

package p;

message M {
  required int32 a = 1;
  optional int32 b = 2 [default = -5];
  optional string c = 3 [default = "a \\"b\\""];
  repeated int32 d = 4 [packed = true];
  map<int32, .p.M> e = 5;
  extensions 100 to max;
}

service S {
  rpc A(.p.M) returns (.p.M);
}
`,
  );
  const protos = { main: "a.proto", files: new Map([["a.proto", text]]) };
  const sources = await withTemporaryProtos(protos, (main) => loadSources(main));
  assert.deepEqual([...sources.notes.required], ["p.M.a"]);
});
