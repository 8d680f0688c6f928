import assert from "node:assert/strict";
import {
  decodeFileDescriptor,
  describeProtos,
  type FieldDescriptor,
  type FileDescriptor,
  loadSchema,
  loadSources,
  type MessageDescriptor,
  printProtos,
  withTemporaryProtos,
} from "../../schema/mod.ts";
import { encodeFileDescriptor } from "../../schema/file_descriptor.ts";
import { loadDefinitions } from "../../schema/load_definitions.ts";
import { printProto } from "../../schema/print_proto.ts";
import { PROTO_CASES } from "../codegen/support.ts";
import { methodOf, testProto } from "./support.ts";

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
  // protobufjs calls them proto3.
  if (name === "editions") continue;
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

/** What a server with this schema says of itself: descriptors as a compiler makes them. */
async function describedOf(path: string, change = (file: FileDescriptor): object => file) {
  const schema = await loadSchema([path]);
  const files = describeProtos(schema.files ?? []).map(({ name, octets }) =>
    [name, encodeFileDescriptor(change(decodeFileDescriptor(octets)))] as const
  );
  const services = schema.services.map(({ fullName }) => fullName);
  return { schema, reflected: { services, files: new Map(files) } };
}

/** Calls fields required and groups as Go's protobuf does. */
function likeGo(file: FileDescriptor): object {
  if (file.syntax !== "editions") return file;
  const isAllDelimited = file.options?.features?.messageEncoding === "DELIMITED";
  const change = (field: FieldDescriptor): object => {
    const { fieldPresence, messageEncoding } = field.options?.features ?? {};
    const isMessage = field.type === "TYPE_MESSAGE" && field.label !== "LABEL_REPEATED";
    const isDelimited = messageEncoding === "DELIMITED" ||
      isAllDelimited && messageEncoding === undefined;
    return {
      ...field,
      ...(fieldPresence === "LEGACY_REQUIRED" ? { label: "LABEL_REQUIRED" } : {}),
      ...(isMessage && isDelimited ? { type: "TYPE_GROUP" } : {}),
    };
  };
  const visit = (message: MessageDescriptor): object => ({
    ...message,
    field: message.field?.map(change),
    nestedType: message.nestedType?.map(visit),
  });
  return { ...file, messageType: file.messageType?.map(visit) };
}

for (const [who, change] of Object.entries({ compilers: undefined, Go: likeGo })) {
  Deno.test(`printProtos() writes the editions of ${who} so that they mean the same`, async () => {
    const { schema, reflected } = await describedOf(testProto("editions.proto"), change);
    const printed = printProtos(reflected, { name: "services" });
    await withTemporaryProtos(printed, async (main, folder) => {
      const again = await loadSchema([main], { importPaths: [folder] });
      const message = {
        required: 0,
        delimited: { open: 0 },
        delimited_list: [{}],
        expanded: [1, 2],
      };
      const [all, allAgain] = [schema, again].map((one) => methodOf(one, "All"));
      assert.deepEqual(allAgain?.request, all?.request);
      assert.deepEqual(
        allAgain?.definition.requestSerialize(message),
        all?.definition.requestSerialize(message),
      );
      const [later, laterAgain] = [schema, again].map((one) => methodOf(one, "Later"));
      assert.deepEqual(laterAgain?.response, later?.response);
      const legacy = { group: { id: 0 }, child: {}, numbers: [1, 2] };
      assert.deepEqual(
        laterAgain?.definition.responseSerialize(legacy),
        later?.definition.responseSerialize(legacy),
      );
    });
    assert.match(printed.files.get("editions.proto") ?? "", /^edition = "2023";\n/);
    const enumText = /enum Closed \{\n {2}option features\.enum_type = CLOSED;\n/;
    assert.match(printed.files.get("editions.proto") ?? "", enumText);
    assert.match(printed.files.get("editions_2024.proto") ?? "", /^edition = "2023";\n/);
  });
}

Deno.test("printProto() keeps a oneof of an edition that is called as one of proto3's optional fields", async () => {
  const text = printProto({
    name: "a.proto",
    package: "p",
    syntax: "editions",
    edition: "EDITION_2023",
    messageType: [{
      name: "M",
      field: [{ name: "a", number: 1, label: "LABEL_OPTIONAL", type: "TYPE_INT32", oneofIndex: 0 }],
      oneofDecl: [{ name: "_a" }],
    }],
    service: [{ name: "S", method: [{ name: "A", inputType: ".p.M", outputType: ".p.M" }] }],
  }, []);
  assert.match(text, /oneof _a \{\n {4}int32 a = 1;\n {2}\}/);
  await withTemporaryProtos(
    { main: "a.proto", files: new Map([["a.proto", text]]) },
    (main) => loadSchema([main]),
  );
});

Deno.test("printProtos() has all services of a server that calls a file as we do", () => {
  const describe = (name: string, scope: string) => {
    const type = `.${scope}.A`;
    const method = [{ name: "M", inputType: type, outputType: type }];
    const messageType = [{ name: "A" }];
    return encodeFileDescriptor({
      ...{ name, package: scope, syntax: "proto3" },
      ...{ messageType, service: [{ name: "S", method }] },
    });
  };
  const names = ["services.proto", "services_2.proto"];
  const files = new Map(names.map((name, at) => [name, describe(name, `p${at}`)]));
  const { main, files: texts } = printProtos(
    { services: ["p0.S", "p1.S"], files },
    { name: "services" },
  );
  for (const name of names) assert.match(texts.get(main) ?? "", new RegExp(`import "${name}"`));
  assert.deepEqual([...texts.keys()], [main, ...names]);
});

Deno.test("printProtos() refuses an edition that it does not know", async () => {
  const { reflected } = await describedOf(
    testProto("editions.proto"),
    (file) => file.syntax === "editions" ? { ...file, edition: 1002 } : file,
  );
  assert.throws(
    () => printProtos(reflected, { name: "services" }),
    /^SchemaError: Cannot use "editions.proto": it is of edition no. 1002, and only 2023 and 2024 are known$/,
  );
});
