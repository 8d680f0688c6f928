// The descriptors that reflection answers with, beside those of a real compiler: `buf build`.
import { loadSync } from "@grpc/proto-loader";
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { basename } from "node:path";
import { describeProtos } from "../../schema/describe_protos.ts";
import { decodeFileDescriptor } from "../../schema/file_descriptor.ts";
import { loadSchema, type ProtoText } from "../../schema/mod.ts";
import { listReferences, listTypes } from "../../schema/type_references.ts";
import { bufPeer } from "../support/find_peers.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";

const buf = await bufPeer();

/** What buf refuses (a method with the name of a message). */
const NOT_FOR_BUF = ["long_names.proto"];
/** Loaded as imports of others: `broker serve` wants a service. */
const WITHOUT_SERVICE = [
  "proto2_types.proto",
  "legacy.proto",
  "editions_2024.proto",
  "editions_options.proto",
];

const FOLDERS = ["tests/testdata/protos", "tests/testdata/scaffold", "tests/testdata/reflection"];

async function listProtos(): Promise<{ readonly folder: string; readonly name: string }[]> {
  const protos = [];
  for (const folder of FOLDERS) {
    for await (const { name } of Deno.readDir(repositoryPath(folder))) {
      if (!name.endsWith(".proto") || WITHOUT_SERVICE.includes(name)) continue;
      protos.push({ folder: repositoryPath(folder), name });
    }
  }
  return protos;
}

type Decoded = Readonly<Record<string, unknown>>;

const DESCRIPTORS = loadSync("google/protobuf/descriptor.proto", { enums: String });

function decode(message: string, octets: Uint8Array): Decoded {
  const definition = DESCRIPTORS[`google.protobuf.${message}`];
  assert.ok(definition !== undefined && "deserialize" in definition);
  assert.ok(typeof definition.deserialize === "function");
  return { ...definition.deserialize(Buffer.from(octets)) };
}

/** Leaves out what is empty, and the order of nested messages: protoc writes map entries where their field is. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, tidy(member)] as const)
    .filter(([name, member]) => !isEmpty(member) && !isLeftOut(name, value))
    .map(([name, member]) => [name, name === "nestedType" ? sortByName(member) : member] as const);
  return Object.fromEntries(members);
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** `export` and `local`, and the file options of the bundled files, such as the Go package. */
function isLeftOut(name: string, owner: object): boolean {
  return name === "visibility" ||
    name === "options" && String(Reflect.get(owner, "name")).startsWith("google/protobuf/");
}

function sortByName(messages: unknown): unknown {
  assert.ok(Array.isArray(messages));
  return messages.sort((a, b) => a.name < b.name ? -1 : 1);
}

testWithPeers(
  { buf },
  "describeProtos() describes a file and its imports as a compiler does",
  async ({ buf }, t) => {
    const folder = await Deno.makeTempDir({ prefix: "broker-test-" });
    await using _folder = {
      [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
    };
    const image = `${folder}/image.binpb`;
    for (const { folder: cwd, name } of await listProtos()) {
      if (NOT_FOR_BUF.includes(name)) continue;
      await t.step(name, async () => {
        const imports = `${cwd}/imports`;
        const { files = [] } = await loadSchema([`${cwd}/${name}`], { importPaths: [imports] });
        // buf finds imports below one folder only.
        const root = await Deno.makeTempDir({ dir: folder });
        for (const { names, text } of files) {
          const path = `${root}/${names[0]}`;
          await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
          await Deno.writeTextFile(path, text);
        }
        const args = ["build", root, "--exclude-source-info", "-o", image] as const;
        const built = await runProgram([buf.executable, ...args], { cwd: root });
        assert.equal(built.code, 0, built.stderr);
        const set = decode("FileDescriptorSet", await Deno.readFile(image));
        const wanted = set.file;
        assert.ok(Array.isArray(wanted) && wanted.length >= files.length);
        const described = new Map(
          describeProtos(files).map((file) => [
            file.name,
            tidy(decode("FileDescriptorProto", file.octets)),
          ]),
        );
        for (const file of wanted) {
          // Compilers know a newer one than protobufjs.
          if (file.name === "google/protobuf/descriptor.proto") continue;
          assert.deepEqual(described.get(file.name), tidy(file), file.name);
        }
      });
    }
  },
);

/** Which files see which: themselves, what they import, and what that imports publicly. */
function listVisible(
  name: string,
  files: ReadonlyMap<string, ReturnType<typeof decodeFileDescriptor>>,
): Set<string> {
  const visible = new Set([name]);
  const see = (other: string) => {
    visible.add(other);
    const file = files.get(other);
    for (const index of file?.publicDependency ?? []) see(file?.dependency?.[index] ?? "");
  };
  for (const other of files.get(name)?.dependency ?? []) see(other);
  return visible;
}

function assertConsistent(protos: readonly ProtoText[]): void {
  const files = new Map(
    describeProtos(protos).map(({ name, octets }) => [name, decodeFileDescriptor(octets)]),
  );
  const owners = new Map<string, string>();
  for (const [name, file] of files) {
    for (const type of listTypes(file)) {
      assert.equal(owners.get(type), undefined, `${type} is defined twice`);
      owners.set(type, name);
    }
  }
  for (const [name, file] of files) {
    const visible = listVisible(name, files);
    for (const { typeName } of listReferences(file)) {
      assert.ok(typeName.startsWith("."), `${name}: ${typeName} is relative`);
      const owner = owners.get(typeName.slice(1));
      assert.ok(owner !== undefined && visible.has(owner), `${name}: ${typeName} is out of sight`);
    }
    for (const other of file.dependency ?? []) assert.ok(files.has(other), `${other} is missing`);
  }
}

Deno.test("describeProtos() names each type in full, and each file that has one", async (t) => {
  for (const { folder, name } of await listProtos()) {
    await t.step(name, async () => {
      const importPaths = [`${folder}/imports`];
      const { files = [] } = await loadSchema([`${folder}/${name}`], { importPaths });
      assert.equal(files.at(-1)?.names[0], basename(name));
      assertConsistent(files);
    });
  }
});

Deno.test("describeProtos() adds the imports that the loader did without", () => {
  const text = (...lines: string[]) => ['syntax = "proto3";', ...lines].join("\n");
  const protos: ProtoText[] = [
    { names: ["a.proto"], text: text("package a;", "message A {}") },
    {
      names: ["b.proto"],
      text: text("package b;", 'import "a.proto";', "message B { a.A a = 1; }"),
    },
    {
      names: ["c.proto"],
      text: text(
        "package c;",
        'import "b.proto";',
        "message C { a.A a = 1; b.B b = 2; Timestamp at = 3; }",
      ),
    },
  ];
  assertConsistent(protos);
  const [, , c] = describeProtos(protos);
  assert.deepEqual(c?.dependencies, ["b.proto", "a.proto", "google/protobuf/timestamp.proto"]);
});

Deno.test("describeProtos() calls a file by one name where imports have two", () => {
  const protos: ProtoText[] = [
    { names: ["x/a.proto", "a.proto"], text: 'syntax = "proto3"; message A {}' },
    {
      names: ["b.proto"],
      text: 'syntax = "proto3"; import "a.proto"; message B { A a = 1; }',
    },
  ];
  assertConsistent(protos);
  assert.deepEqual(describeProtos(protos)[1]?.dependencies, ["x/a.proto"]);
});
