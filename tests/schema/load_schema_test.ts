import assert from "node:assert/strict";
import { relative } from "node:path";
import { loadSchema, SchemaError } from "../../schema/mod.ts";
import { loadEverything, methodOf, testProto, withFiles } from "./support.ts";

const SERVICE = "service S { rpc Get(A) returns (A); }";

Deno.test("An extension that a message declares is none of the message's fields", async () => {
  const text = 'syntax = "proto2"; message B { extensions 9 to max; } ' +
    "message A { optional int32 a = 1; extend B { optional A in_b = 9; } } " + SERVICE;
  await withFiles({ "a.proto": text }, async (folder) => {
    const schema = await loadSchema([`${folder}/a.proto`]);
    // A column that fills it would be lost without a word.
    const { fields } = methodOf(schema, "Get").request;
    assert.deepEqual(fields.map(({ name }) => name), ["a"]);
  });
});

const EXAMPLES = [
  { file: "01_scalar_csv_databroker.proto", methods: ["LoanDatabroker/get_next_row unary"] },
  {
    file: "02_wide_sensor_window.proto",
    methods: ["VibrationDatabroker/stream_windows server_streaming"],
  },
  { file: "03_bidi_predictor.proto", methods: ["FaultPredictor/predict_stream bidirectional"] },
  {
    file: "04_nested_station_batch.proto",
    methods: [
      "AirQualityCalibration/pull_tick unary",
      "AirQualityCalibration/calibrate unary",
      "AirQualityCalibration/show unary",
    ],
  },
  {
    file: "05_image_detection.proto",
    methods: [
      "PictureDetector/next_picture unary",
      "PictureDetector/detect unary",
      "PictureDetector/annotate unary",
    ],
  },
  {
    file: "06_columnar_frame.proto",
    methods: ["PowerForecaster/fit unary", "PowerForecaster/forecast unary"],
  },
  {
    file: "07_training_on_shared_folder.proto",
    methods: [
      "TopicTrainer/next_job unary",
      "TopicTrainer/train unary",
      "TopicTrainer/classify unary",
    ],
  },
  {
    file: "08_gui_events.proto",
    methods: [
      "BoardPage/user_questions server_streaming",
      "BoardPage/show_answers client_streaming",
    ],
  },
];

for (const { file, methods } of EXAMPLES) {
  Deno.test(`loadSchema() reads the services of ${file}`, async () => {
    const path = testProto(file);
    const schema = await loadSchema([path]);
    assert.equal(schema.source, path);
    const found = schema.services.flatMap((service) =>
      service.methods.map(({ service, name, kind }) => `${service}/${name} ${kind}`)
    );
    assert.deepEqual(found, methods);
  });
}

Deno.test("loadSchema() keeps the definition that serializes and deserializes", async () => {
  const method = methodOf(await loadEverything(), "echo_everything");
  assert.equal(method.path, "/test.everything.EverythingService/echo_everything");
  const request = { an_int64: "9223372036854775807", color: "GREEN", camelCase: true };
  const { definition } = method;
  const decoded = definition.requestDeserialize(definition.requestSerialize(request));
  for (const [name, value] of Object.entries(request)) {
    assert.equal(Reflect.get(decoded as object, name), value);
  }
});

Deno.test("loadSchema() searches the file's own folder before the import paths", async () => {
  const main = `syntax = "proto3"; import "part.proto"; ${SERVICE}`;
  const part = (field: string) => `syntax = "proto3"; message A { int32 ${field} = 1; }`;
  await withFiles(
    { "own/main.proto": main, "own/part.proto": part("own"), "other/part.proto": part("other") },
    async (folder) => {
      const schema = await loadSchema([`${folder}/own/main.proto`], {
        importPaths: [`${folder}/other`],
      });
      assert.equal(methodOf(schema, "Get").request.fields[0]?.name, "own");
    },
  );
});

Deno.test("loadSchema() searches the import paths in their order", async () => {
  const main = `syntax = "proto3"; import "deep/part.proto"; ${SERVICE}`;
  const part = `syntax = "proto3"; import public "a.proto";`;
  const a = `syntax = "proto3"; message A { int32 x = 1; }`;
  await withFiles(
    { "main/main.proto": main, "one/deep/part.proto": part, "two/a.proto": a },
    async (folder) => {
      const schema = await loadSchema([`${folder}/main/main.proto`], {
        importPaths: [`${folder}/one`, `${folder}/two`],
      });
      assert.equal(methodOf(schema, "Get").request.fullName, "A");
    },
  );
});

Deno.test("loadSchema() reads several files into one schema", async () => {
  const files = ["03_bidi_predictor.proto", "06_columnar_frame.proto"].map(testProto);
  const schema = await loadSchema(files);
  assert.deepEqual(schema.services.map(({ fullName }) => fullName), [
    "FaultPredictor",
    "PowerForecaster",
  ]);
  assert.equal(schema.source, files.join(", "));
});

Deno.test("loadSchema() survives an import cycle", async () => {
  const one = `syntax = "proto3"; import "two.proto"; message A { B b = 1; } ${SERVICE}`;
  const two = `syntax = "proto3"; import "one.proto"; message B { A a = 1; }`;
  await withFiles({ "one.proto": one, "two.proto": two }, async (folder) => {
    const schema = await loadSchema([`${folder}/one.proto`]);
    assert.equal(schema.services.length, 1);
  });
});

Deno.test("loadSchema() does without a weak import, and ignores imports in comments and strings", async () => {
  const main = `syntax = "proto3";
    // import "comment.proto";
    /* import "block.proto"; */
    import weak "missing.proto";
    message A { int32 x = 1 [json_name = "import \\"string.proto\\""]; } ${SERVICE}`;
  await withFiles({ "main.proto": main }, async (folder) => {
    const schema = await loadSchema([`${folder}/main.proto`]);
    assert.equal(schema.services.length, 1);
  });
});

const FAILURES = [
  {
    name: "a missing token",
    source: `syntax = "proto3";\nmessage A {\n  int32 x 1;\n}`,
    message: 'Cannot parse "FILE" line 3 column 11: found "1" where "=" is expected',
  },
  {
    name: "a stray token",
    source: `syntax = "proto3";\n\nmesage A {}`,
    message: 'Cannot parse "FILE" line 3 column 1: unexpected "mesage"',
  },
  {
    name: "an end inside a block",
    source: `syntax = "proto3";\nmessage A {\n`,
    message: 'Cannot parse "FILE" line 2: the file ends inside a definition',
  },
  {
    name: "an unknown field type",
    source: `syntax = "proto3"; message A { Foo x = 1; } ${SERVICE}`,
    message:
      'Cannot load "FILE": "A" uses the type "Foo", which neither this file nor its imports define',
  },
  {
    name: "an unknown request type",
    source: `syntax = "proto3"; message A {} service S { rpc Get(Zed) returns (A); }`,
    message:
      'Cannot load "FILE": a method uses the type "Zed", which neither this file nor its imports define',
  },
  {
    name: "a field name used twice",
    source: `syntax = "proto3"; message A { int32 x = 1; int32 x = 2; } ${SERVICE}`,
    message: 'Cannot load "FILE": "A" has two fields of the name "x"',
  },
  {
    name: "a field number used twice",
    source: `syntax = "proto3"; message A { int32 x = 1; int32 y = 1; } ${SERVICE}`,
    message: 'Cannot load "FILE": "A" has two fields of the number "1"',
  },
  {
    name: "a missing import",
    source: `syntax = "proto3";\nimport "nope/x.proto";\nmessage A {} ${SERVICE}`,
    message:
      'Cannot load "FILE" line 2: the import "nope/x.proto" is in none of the folders "FOLDER", "FOLDER/inc"; ' +
      "name its root with -I",
  },
  {
    name: "no service",
    source: `syntax = "proto3"; message A {}`,
    message: 'Cannot use "FILE": it defines no service',
  },
  { name: "an empty file", source: "", message: 'Cannot use "FILE": it defines no service' },
];

for (const { name, source, message } of FAILURES) {
  Deno.test(`loadSchema() says where and what is wrong with ${name}`, async () => {
    await withFiles({ "main.proto": source }, async (folder) => {
      const file = `${folder}/main.proto`;
      const expected = message.replace("FILE", file).replaceAll("FOLDER", folder);
      await assert.rejects(
        loadSchema([file], { importPaths: [`${folder}/inc`] }),
        { name: "SchemaError", message: expected },
      );
    });
  });
}

Deno.test("loadSchema() blames the import that is wrong, not the file that imports it", async () => {
  const main = `syntax = "proto3"; import "part.proto"; ${SERVICE}`;
  await withFiles(
    { "main.proto": main, "part.proto": `syntax = "proto3";\nmessage A { int32 x; }` },
    async (folder) => {
      await assert.rejects(
        loadSchema([`${folder}/main.proto`]),
        (error) => error instanceof SchemaError && error.message.includes('part.proto" line 2'),
      );
    },
  );
});

Deno.test("loadSchema() spells a file as the caller did", async () => {
  await withFiles({ "main.proto": "message A {" }, async (folder) => {
    const spelling = relative(Deno.cwd(), `${folder}/main.proto`);
    await assert.rejects(loadSchema([spelling]), {
      message: `Cannot parse "${spelling}" line 1: the file ends inside a definition`,
    });
  });
});

Deno.test("loadSchema() says that a file is missing or a folder", async () => {
  await withFiles({ "sub/a.proto": "" }, async (folder) => {
    await assert.rejects(loadSchema([`${folder}/none.proto`]), {
      message: `Cannot read "${folder}/none.proto": there is no such file`,
    });
    await assert.rejects(loadSchema([`${folder}/sub`]), {
      message: `Cannot read "${folder}/sub": it is a folder, not a .proto file`,
    });
  });
});

const USER =
  `syntax = "proto3"; package p; import "b.proto"; service S { rpc Get(B) returns (B); }`;
const USED = `syntax = "proto3"; package p; import "common/c.proto"; message B { C c = 1; }`;
const COMMON = `syntax = "proto3"; package p; message C { int32 x = 1; }`;

Deno.test("loadSchema() lets files import each other, in any order, and takes one that is given again once", async () => {
  const texts = { "one/a.proto": USER, "two/b.proto": USED, "root/common/c.proto": COMMON };
  await withFiles({ ...texts, "copy/c.proto": COMMON }, async (folder) => {
    const [a, b, c] = Object.keys(texts).map((name) => `${folder}/${name}`);
    const options = { importPaths: [`${folder}/root`] };
    const rows = [[a, b], [b, a], [a, b, a], [c, `${folder}/one/../one/a.proto`, b, a]];
    for (const files of [...rows, [a, b, c, `${folder}/copy/c.proto`]]) {
      const { services } = await loadSchema(files.filter((file) => file !== undefined), options);
      assert.deepEqual(services.map(({ fullName }) => fullName), ["p.S"], files.join(" "));
      assert.equal(services[0]?.methods[0]?.request.fields[0]?.name, "c");
    }
  });
});

Deno.test("loadSchema() takes a file that is a copy of one that it imports once", async () => {
  const main = `syntax = "proto3"; package p; import "in/part.proto"; message A {} ${SERVICE}`;
  const part = `syntax = "proto3"; package p; import "in/main.proto"; message Part { A a = 1; }`;
  const files = { "main.proto": main, "root/in/main.proto": main, "root/in/part.proto": part };
  await withFiles(files, async (folder) => {
    const options = { importPaths: [`${folder}/root`] };
    const { services } = await loadSchema([`${folder}/main.proto`], options);
    assert.deepEqual(services.map(({ fullName }) => fullName), ["p.S"]);
  });
});

Deno.test("loadSchema() names both files that define one thing, or the one that does so twice", async (t) => {
  const rows: Record<string, { files: Record<string, string>; sentence: string }> = {
    "two messages": {
      files: { "a.proto": COMMON, "b.proto": COMMON.replace("int32", "int64") },
      sentence:
        'Cannot load "a.proto" and "b.proto" together: both define "p.C"; leave one of the files out',
    },
    "a message and a service without a package": {
      files: { "a.proto": "message C {}", "b.proto": "service C {}" },
      sentence:
        'Cannot load "a.proto" and "b.proto" together: both define "C"; leave one of the files out',
    },
    "twice in a file": {
      files: { "a.proto": `${COMMON}\nenum C { NONE = 0; }` },
      sentence:
        'Cannot load "a.proto": it defines "p.C", which is there already; rename one of the two',
    },
    "what is always there": {
      files: { "a.proto": `import "google/protobuf/duration.proto"; ${WELL_KNOWN}` },
      sentence: 'Cannot load "a.proto": it defines "google.protobuf.Duration", ' +
        "which is there already; rename one of the two",
    },
  };
  for (const [name, { files, sentence }] of Object.entries(rows)) {
    await t.step(name, async () => {
      await withFiles(files, async (folder) => {
        const paths = Object.keys(files).map((name) => `${folder}/${name}`);
        await assert.rejects(loadSchema(paths), {
          name: "SchemaError",
          message: sentence.replace(/"(\w\.proto)"/g, `"${folder}/$1"`),
        });
      });
    });
  }
});

const WELL_KNOWN = "package google.protobuf; message Duration {}";

Deno.test("loadSchema() says which file an import hides from the one that it stands beside", async () => {
  const user = (name: string) => `syntax = "proto3"; package ${name};\nimport "part.proto";`;
  const part = (name: string) => `syntax = "proto3"; package ${name}; message Part {}`;
  const names = ["one", "two"];
  const files = names.flatMap((name) =>
    [[`${name}/main.proto`, user(name)], [`${name}/part.proto`, part(name)]] as const
  );
  await withFiles(Object.fromEntries(files), async (folder) => {
    await assert.rejects(loadSchema(names.map((name) => `${folder}/${name}/main.proto`)), {
      message: `Cannot load "${folder}/two/main.proto" line 2: the import "part.proto" may mean ` +
        `"${folder}/two/part.proto" or "${folder}/one/part.proto"; ` +
        "give the files beside them in commands of their own",
    });
  });
});

Deno.test("loadSchema() takes the same import beside two files for one", async () => {
  const user = (name: string) =>
    `syntax = "proto3"; package ${name}; import "c.proto";
    service S { rpc Get(p.C) returns (p.C); }`;
  const files = { "one/a.proto": user("one"), "two/b.proto": user("two") };
  await withFiles({ ...files, "one/c.proto": COMMON, "two/c.proto": COMMON }, async (folder) => {
    const { services } = await loadSchema(Object.keys(files).map((name) => `${folder}/${name}`));
    assert.deepEqual(services.map(({ fullName }) => fullName).sort(), ["one.S", "two.S"]);
  });
});

Deno.test("loadSchema() tells two files of one name apart by their folders", async () => {
  const text = (name: string) =>
    `syntax = "proto3"; package ${name}; message A {} service S { rpc Get(A) returns (A); }`;
  await withFiles({ "one/x.proto": text("one"), "two/x.proto": text("two") }, async (folder) => {
    const { files = [] } = await loadSchema([`${folder}/one/x.proto`, `${folder}/two/x.proto`]);
    assert.deepEqual(files.map(({ names }) => names), [["x.proto"], ["two/x.proto"]]);
  });
});

Deno.test("loadSchema() knows descriptors that are given for a .proto", async () => {
  await withFiles({ "set.binpb": "\n\x10\n\x07a.proto\x12\0" }, async (folder) => {
    await assert.rejects(
      loadSchema([`${folder}/set.binpb`]),
      /^SchemaError: Cannot read ".*set\.binpb": it is binary, not the text of a \.proto; a set of descriptors is for the --protoset of /,
    );
  });
});
