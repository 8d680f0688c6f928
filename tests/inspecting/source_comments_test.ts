import assert from "node:assert/strict";
import { findDefinition, printDefinition } from "../../inspecting/mod.ts";
import { readSourceComments } from "../../inspecting/read_source_comments.ts";
import { splitArguments } from "../../inspecting/split_arguments.ts";
import { decodeFileDescriptor, encodeFileDescriptor } from "../../schema/file_descriptor.ts";

/** A file as a server gives it that embeds descriptors with their source information. */
const OCTETS = encodeFileDescriptor({
  name: "x.proto",
  package: "x",
  syntax: "proto3",
  messageType: [{
    name: "A",
    oneofDecl: [{ name: "choice" }],
    field: [{ name: "a", number: 1, label: "LABEL_OPTIONAL", type: "TYPE_BOOL", oneofIndex: 0 }],
    nestedType: [{ name: "B", enumType: [{ name: "E", value: [{ name: "ZERO", number: 0 }] }] }],
  }],
  service: [{ name: "S", method: [{ name: "Do", inputType: ".x.A", outputType: ".x.A" }] }],
  sourceCodeInfo: {
    location: [
      { path: [4, 0], span: [0, 0, 0], leadingComments: " An A.\n  Indented.\n" },
      { path: [4, 0, 2, 0], span: [0, 0, 0], trailingComments: " Behind it.\n" },
      { path: [4, 0, 8, 0], span: [0, 0, 0], leadingComments: " One of them.\n" },
      { path: [4, 0, 3, 0, 4, 0, 2, 0], span: [0, 0, 0], leadingComments: " Nothing.\n" },
      { path: [6, 0, 2, 0], span: [0, 0, 0], leadingComments: " Does it.\u001b[31m\r\n" },
      { path: [4, 0, 1], span: [0, 0, 0], leadingComments: " Of a name alone.\n" },
    ],
  },
});

Deno.test("readSourceComments() finds what each comment of a descriptor is about", () => {
  assert.deepEqual(Object.fromEntries(readSourceComments(decodeFileDescriptor(OCTETS))), {
    "x.A": "An A.\n Indented.",
    "x.A.a": "Behind it.",
    "x.A.choice": "One of them.",
    "x.A.B.E.ZERO": "Nothing.",
    "x.S.Do": "Does it.\u001b[31m",
  });
});

Deno.test("printDefinition() prints a server's comments, and lets none steer the terminal", () => {
  const contract = {
    source: "the test",
    services: ["x.S"],
    files: new Map([["x.proto", OCTETS]]),
    comments: readSourceComments(decodeFileDescriptor(OCTETS)),
  };
  assert.equal(
    printDefinition(contract, findDefinition(contract, "x.A")),
    `// An A.
//  Indented.
message A {
  message B {
    enum E {
      // Nothing.
      ZERO = 0;
    }
  }
  // One of them.
  oneof choice {
    // Behind it.
    bool a = 1;
  }
}
`,
  );
  assert.equal(
    printDefinition(contract, findDefinition(contract, "Do")),
    "// Does it.\\u001b[31m\nrpc Do(x.A) returns (x.A);\n",
  );
});

Deno.test("splitArguments() names the flag that a file belongs to", () => {
  const rows = [["a.proto", "--proto"], ["./x/a.proto", "--proto"], ["set.binpb", "--protoset"]];
  for (const [file = "", flag] of rows) {
    const message = `Cannot use the argument "${file}": a file of that kind follows ${flag}`;
    for (const [first, second] of [[file, undefined], ["localhost:1", file]] as const) {
      assert.throws(() => splitArguments(first, second), { name: "UsageError", message });
    }
  }
});

Deno.test("splitArguments() tells a target from a name", () => {
  type Row = readonly [
    args: readonly [string?, string?],
    target?: string | undefined,
    name?: string | undefined,
  ];
  const rows: readonly Row[] = [
    [[]],
    [["localhost:8061"], "localhost:8061"],
    [["unix:/run/x"], "unix:/run/x"],
    [["https://api.example"], "https://api.example"],
    [["pkg.Service"], undefined, "pkg.Service"],
    [["/pkg.Service/Method"], undefined, "/pkg.Service/Method"],
    [["Method"], undefined, "Method"],
    [["127.0.0.1"], "127.0.0.1"],
    [["localhost"], "localhost"],
    [["a:1", "pkg.Service"], "a:1", "pkg.Service"],
    [["a", "pkg.Service"], "a", "pkg.Service"],
    [["pkg.Service", "a:1"], "a:1", "pkg.Service"],
    [["localhost", "a:1"], "localhost", "a:1"],
  ];
  for (const [[first, second], target, name] of rows) {
    assert.deepEqual(splitArguments(first, second), { target, name }, first ?? "nothing");
  }
});
