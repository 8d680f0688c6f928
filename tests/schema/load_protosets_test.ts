import assert from "node:assert/strict";
import { findMethod, loadProtosets, loadProtosetSchema } from "../../schema/mod.ts";
import { encodeFiles } from "./encode_protoset.ts";

const METHOD = { name: "Get", inputType: ".p.A", outputType: ".p.A" };
const SERVICE = { name: "S", method: [METHOD] };
const TYPES = { name: "types.proto", package: "p", messageType: [{ name: "A" }] };
const MAIN = {
  name: "main.proto",
  package: "p",
  dependency: ["types.proto", "google/protobuf/any.proto"],
  service: [SERVICE],
};

const load = (sets: Readonly<Record<string, Uint8Array>>) =>
  loadProtosets(new Map(Object.entries(sets)));

Deno.test("loadProtosets() reads the files of several sets, which may need and repeat each other", () => {
  const { source, services, files } = load({
    "main.binpb": encodeFiles(MAIN),
    "types.binpb": encodeFiles(TYPES, MAIN),
  });
  assert.equal(source, "main.binpb, types.binpb");
  assert.deepEqual(services, ["p.S"]);
  assert.deepEqual([...files.keys()], ["main.proto", "types.proto"]);
});

Deno.test("loadProtosets() takes the copy of a file that has comments, in either order", () => {
  const location = [{ path: [4, 0], leadingComments: " What it is." }];
  const plain = encodeFiles(TYPES);
  const commented = encodeFiles({ ...TYPES, sourceCodeInfo: { location } });
  for (const [one, two] of [[plain, commented], [commented, plain]] as const) {
    const { files } = load({ one, two });
    assert.match(new TextDecoder().decode(files.get("types.proto")), /What it is\./);
  }
});

Deno.test("loadProtosetSchema() minds neither names that are no paths nor ones of the well-known types", async () => {
  const any = { name: "x", number: 1, type: "TYPE_MESSAGE", typeName: ".google.protobuf.Any" };
  const types = { ...TYPES, name: "../my types.proto", messageType: [{ name: "A", field: [any] }] };
  const main = { ...MAIN, dependency: [types.name, "google/protobuf/any.proto"] };
  const bundled = { name: "google/protobuf/any.proto", package: "google.protobuf" };
  const { source, services } = await loadProtosetSchema(
    load({ set: encodeFiles(bundled, types, main) }),
  );
  assert.equal(source, "set");
  assert.equal(services[0]?.methods[0]?.request.fields[0]?.name, "x");
});

Deno.test("Sentences about a set name it once, and none of the files that it is written to on the way", async () => {
  const schema = await loadProtosetSchema(load({ "a.binpb": encodeFiles(TYPES, MAIN) }));
  assert.throws(
    () => findMethod(schema, "p.S/Gte"),
    /^SchemaError: Cannot find the method "p.S\/Gte" in "a.binpb": did you mean p.S\/Get\?$/,
  );
  const field = [1, 2].map((at) => ({ name: `f${at}`, number: 1, type: "TYPE_INT32" }));
  const twice = encodeFiles({ ...TYPES, messageType: [{ name: "A", field }] }, MAIN);
  await assert.rejects(loadProtosetSchema(load({ "a.binpb": twice })), {
    name: "SchemaError",
    message: 'Cannot use "a.binpb": "A" has two fields of the number "1"',
  });
});

Deno.test("loadProtosets() passes over fields of a set that it does not know, of every wire type", () => {
  const unknown = [0x10, 0x80, 1, 0x19, ...Array(8).fill(0), 0x22, 1, 0, 0x2d, 0, 0, 0, 0];
  const { files } = load({ set: Uint8Array.of(...unknown, ...encodeFiles(TYPES), ...unknown) });
  assert.deepEqual([...files.keys()], ["types.proto"]);
});

const WANTED =
  "; a set of descriptors is what protoc -o FILE --include_imports and buf build -o FILE.binpb write";
const text = (content: string) => new TextEncoder().encode(content);

const FAILURES: Record<string, { sets: Record<string, Uint8Array>; sentence: string | RegExp }> = {
  "an empty file": {
    sets: { set: Uint8Array.of() },
    sentence: `Cannot use "set": it is empty${WANTED}`,
  },
  "a .proto": {
    sets: { set: text('\nsyntax = "proto3"; // Größe\n') },
    sentence: `Cannot use "set": it is text, which --proto takes if it is a .proto${WANTED}`,
  },
  "descriptors in JSON": {
    sets: { set: text(' {"file": []}') },
    sentence: `Cannot use "set": it is JSON, not binary${WANTED}`,
  },
  "a program": {
    sets: { set: Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0) },
    sentence: `Cannot use "set": it is no set of descriptors${WANTED}`,
  },
  "a message of another type": {
    sets: { set: Uint8Array.of(0x08, 1) },
    sentence: `Cannot use "set": it is no set of descriptors${WANTED}`,
  },
  "a set that is cut off": {
    sets: { set: encodeFiles(TYPES, MAIN).slice(0, -1) },
    sentence: `Cannot use "set": it is no set of descriptors${WANTED}`,
  },
  "a file that is no descriptor": {
    sets: { set: Uint8Array.of(0x0a, 1, 0x0a) },
    sentence: /^Cannot use "set": one of its files cannot be decoded \(/,
  },
  "a file that is missing": {
    sets: { set: encodeFiles(MAIN) },
    sentence: 'Cannot use "set": its file "main.proto" imports "types.proto", which is missing; ' +
      "write the set with protoc --include_imports, or with buf build",
  },
  "a type that is missing": {
    sets: { set: encodeFiles({ ...MAIN, dependency: [] }) },
    sentence: 'Cannot use "set": its file "main.proto" uses the type ".p.A", which no file defines',
  },
  "a name that steers the terminal": {
    sets: { set: encodeFiles({ ...TYPES, messageType: [{ name: "\u001b[31m" }] }) },
    sentence: 'Cannot use "set": "\\u001b[31m" is no name',
  },
  "a file in two versions": {
    sets: { one: encodeFiles(TYPES), two: encodeFiles({ ...TYPES, messageType: [{ name: "B" }] }) },
    sentence: 'Cannot use "one" and "two" together: "types.proto" is there twice, with different ' +
      "contents; write them anew from the same files, or leave one out",
  },
  "a message in two files": {
    sets: { one: encodeFiles(TYPES), two: encodeFiles({ ...TYPES, name: "other.proto" }) },
    sentence: 'Cannot use "one" and "two" together: "types.proto" and "other.proto" both define ' +
      '"p.A"; leave one of the files out',
  },
  "a service in two files of a set": {
    sets: { set: encodeFiles(TYPES, MAIN, { ...MAIN, name: "other.proto" }) },
    sentence: 'Cannot use "set": "main.proto" and "other.proto" both define "p.S"; ' +
      "leave one of the files out",
  },
};

for (const [name, { sets, sentence }] of Object.entries(FAILURES)) {
  Deno.test(`loadProtosets() says what is wrong with ${name}`, () => {
    assert.throws(() => load(sets), { name: "SchemaError", message: sentence });
  });
}
