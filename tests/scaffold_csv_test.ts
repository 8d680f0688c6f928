import assert from "node:assert/strict";
import { loadSchema } from "../schema/mod.ts";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { runProgram } from "./support/run_program.ts";

/** Scaffolds from a CSV file with this text. */
async function fromCsv(text: string, ...args: readonly string[]) {
  const folder = await temporaryFolder();
  const csv = `${folder.path}/data.csv`;
  await Deno.writeTextFile(csv, text);
  const out = `${folder.path}/out`;
  const ran = await runBroker(["scaffold", "--from-csv", csv, "--out", out, ...args]);
  const readProto = () => Deno.readTextFile(`${out}/data.proto`);
  return { csv, out, ran, readProto, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** The fields of the request, as in the `.proto`, without their comments. */
async function fieldsOf(proto: string): Promise<string[]> {
  const body = /message \w+Row \{\n([\s\S]*?)\n\}/.exec(await Promise.resolve(proto))?.[1] ?? "";
  return body.split("\n").map((line) => line.replace(/ *\/\/.*/, "").trim());
}

/** Streams the CSV through the result, as it is: `broker serve` and `broker stream` without further flags. */
async function stream(out: string, csv: string, flags: readonly string[] = []) {
  const proto = `${out}/data.proto`;
  await using server = await startServer([proto, "--handlers", `${out}/server.ts`, "--log", "off"]);
  return await runBroker([
    "stream",
    csv,
    server.target,
    "--proto",
    proto,
    "-O",
    "csv",
    "--join",
    ...flags,
  ]);
}

Deno.test("broker scaffold --from-csv finds the narrowest type that every row fits", async () => {
  const rows = [
    "id,count,total,price,ok,at,name,code,big,gaps,mixed,empty,huge,date",
    '1,2147483647,1,1.5,true,2026-01-01T00:00:00Z,"a, b",007,9007199254740993,,1,,1,2026-01-01',
    "2,-5,2147483648,2,FALSE,2026-01-01 10:00:00,b,010,-1,2.5,x,,99999999999999999999,2026-02-28",
    "3,0,0,NaN,true,2026-06-30T12:00:00.5+02:00,c,1,1,3,2,,3,2026-12-31",
  ];
  await using made = await fromCsv(`${rows.join("\n")}\n`, "--answer", "ok");
  assert.equal(made.ran.exitCode, 0, made.ran.stderr);
  assert.deepEqual(await fieldsOf(await made.readProto()), [
    "int32 id = 1;",
    "int32 count = 2;",
    "int64 total = 3;",
    "double price = 4;",
    "bool ok = 5;",
    "google.protobuf.Timestamp at = 6;",
    "string name = 7;",
    "string code = 8;",
    "int64 big = 9;",
    "optional double gaps = 10;",
    "string mixed = 11;",
    "optional string empty = 12;",
    "string huge = 13;",
    "google.protobuf.Timestamp date = 14;",
  ]);
  const schema = await loadSchema([`${made.out}/data.proto`]);
  const [method] = schema.services[0]?.methods ?? [];
  assert.equal(method?.path, "/DataPredictor/Predict");
  assert.equal(method?.kind, "bidirectional");
  assert.deepEqual(method?.response.fields.map(({ name }) => name), ["id", "ok"]);
  const ran = await stream(made.out, made.csv);
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.match(ran.stderr, /3 rows read, 3 sent, 3 answered, 0 rejected/);
  assert.match(ran.stdout, /^1,2147483647,.*,1,true$/m);
});

Deno.test("broker scaffold --from-csv folds numbered columns into a list, and streams them back", async () => {
  const header = ["label", ...Array.from({ length: 100 }, (_, index) => `v${index}`)];
  const row = (label: string, offset: number) =>
    [label, ...Array.from({ length: 100 }, (_, index) => `${index + offset}`)].join(",");
  const text = [header.join(","), row("a", 0), row("b", 0.5)].join("\n");
  await using made = await fromCsv(`${text}\n`, "--answer", "label");
  assert.equal(made.ran.exitCode, 0, made.ran.stderr);
  assert.deepEqual(await fieldsOf(await made.readProto()), [
    "string label = 1;",
    "repeated double v = 2;",
  ]);
  const ran = await stream(made.out, made.csv);
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.match(ran.stderr, /2 rows read, 2 sent, 2 answered/);
});

Deno.test("broker scaffold --from-csv says why numbered columns stay apart", async () => {
  await using gap = await fromCsv("y,v0,v1,v3\n1,1,2,3\n", "--answer", "y");
  assert.match(gap.ran.stderr, /The columns v0… stay apart: their numbers have gaps/);
  await using empty = await fromCsv("y,v0,v1,v2\n1,1,,3\n", "--answer", "y");
  assert.match(empty.ran.stderr, /The columns v0… stay apart: some of their cells are empty/);
  await using types = await fromCsv("y,v0,v1,v2\n1,1,x,3\n", "--answer", "y");
  assert.match(types.ran.stderr, /The columns v0… stay apart: they are not of one type/);
  assert.equal((await stream(empty.out, empty.csv)).exitCode, 0);
});

Deno.test("broker scaffold --from-csv cleans names, reports what collides, and the file still streams", async () => {
  const text =
    "Wind Speed (m/s),2m,wind-speed m s,class,Größe,__proto__,,répété\n1,2,3,4,5,6,7,8\n";
  await using made = await fromCsv(text, "--answer", "class");
  assert.equal(made.ran.exitCode, 0, made.ran.stderr);
  assert.deepEqual(await fieldsOf(await made.readProto()), [
    "int32 wind_speed_m_s = 1;",
    "int32 _2m = 2;",
    "int32 wind_speed_m_s_2 = 3;",
    "int32 class = 4;",
    "int32 gro_e = 5;",
    "int32 proto_value = 6;",
    "int32 column_7 = 7;",
    "int32 repete = 8;",
  ]);
  assert.match(made.ran.stderr, /^Column 1 \("Wind Speed \(m\/s\)"\) becomes wind_speed_m_s$/m);
  assert.match(
    made.ran.stderr,
    /^Column 3 \("wind-speed m s"\) becomes wind_speed_m_s_2: wind_speed_m_s is taken by column 1$/m,
  );
  const flags = / needs ((?:--map '[^']*' ?)+)$/m.exec(made.ran.stderr)?.[1] ?? "";
  const maps = [...flags.matchAll(/--map '([^']*)'/g)].flatMap((
    [, entry = ""],
  ) => ["--map", entry]);
  assert.ok(maps.length > 0);
  const ran = await stream(made.out, made.csv, maps);
  assert.equal(ran.exitCode, 0, ran.stderr);
  const { tasks } = JSON.parse(await Deno.readTextFile(`${made.out}/deno.json`));
  assert.ok(tasks.stream.includes(flags.trim()), tasks.stream);
});

Deno.test("broker scaffold --from-csv needs no flags for names that only look odd", async () => {
  await using made = await fromCsv(
    "Temp (°C),PM2.5,Größe,is OK?\n1,2.5,3,true\n",
    "--answer",
    "is OK?",
  );
  assert.doesNotMatch(made.ran.stderr, /--map/);
  const ran = await stream(made.out, made.csv);
  assert.equal(ran.exitCode, 0, ran.stderr);
  assert.match(ran.stdout, /^1,2\.5,3,true,true$/m);
});

Deno.test("broker scaffold --from-csv takes a file without a header, and one with semicolons", async () => {
  await using bare = await fromCsv("1,2.5,true\n2,3.5,false\n", "--answer", "3");
  assert.equal(bare.ran.exitCode, 0, bare.ran.stderr);
  assert.deepEqual(await fieldsOf(await bare.readProto()), [
    "int32 column_1 = 1;",
    "double column_2 = 2;",
    "bool column_3 = 3;",
  ]);
  assert.equal((await stream(bare.out, bare.csv)).exitCode, 0);
  assert.equal(await Deno.readTextFile(`${bare.out}/sample.csv`), "1,2.5,true\n2,3.5,false\n");
  await using semicolons = await fromCsv("a;b\n1;2.5\n", "--answer", "a");
  assert.equal((await stream(semicolons.out, semicolons.csv)).exitCode, 0);
});

Deno.test("broker scaffold --from-csv takes decimal commas for numbers, and its project streams them", async (t) => {
  const rows: Record<string, readonly [text: string, joined: RegExp]> = {
    "with semicolons": [
      "id;temp;at;n\n1;3,14;2026-01-01;1,5\n2;-0,5;2026-01-02;\n3;7;2026-01-03;2\n",
      /^1,"3,14",2026-01-01,"1,5",1,3\.14\n2,"-0,5",.*,2,-0\.5\n3,7,.*,3,7$/m,
    ],
    "in quotes": ['id,temp,at,n\n1,"3,14",2026-01-01,1\n', /^1,"3,14",2026-01-01,1,1,3\.14$/m],
    "without a header": ["3,14;0,5;7,25;1\n2,5;0,5;1,25;2\n", /^"3,14","0,5","7,25",1,0\.5$/m],
  };
  for (const [name, [text, joined]] of Object.entries(rows)) {
    await t.step(name, async () => {
      await using made = await fromCsv(text, "--answer", "2");
      assert.equal(made.ran.exitCode, 0, made.ran.stderr);
      assert.match(made.ran.stderr, /^Column \d \(".*"\) has decimal commas: "3,14" is a number$/m);
      assert.match(made.ran.stderr, /^To stream the file, broker stream needs --decimal ,$/m);
      assert.match(await made.readProto(), /^ {2}double (?:temp|column_2) = 2;$/m);
      const ran = await stream(made.out, made.csv, ["--decimal", ","]);
      assert.equal(ran.exitCode, 0, ran.stderr);
      assert.match(ran.stdout, joined);
      const sample = await stream(made.out, `${made.out}/sample.csv`, ["--decimal", ","]);
      assert.deepEqual([sample.exitCode, sample.stdout], [0, ran.stdout], sample.stderr);
      const command = "broker stream sample.csv --proto data.proto --decimal ,";
      assert.ok((await Deno.readTextFile(`${made.out}/README.md`)).includes(`\n${command}  #`));
      assert.equal(
        JSON.parse(await Deno.readTextFile(`${made.out}/deno.json`)).tasks.stream,
        command,
      );
    });
  }
});

Deno.test("broker scaffold --from-csv leaves commas that may separate thousands to --decimal", async (t) => {
  const rows: readonly (readonly [text: string, args: string[], type: string, note: boolean])[] = [
    ["id;total\n1;1,234\n2;56\n", [], "string", true],
    ["id;total\n1;1,234\n2;56\n", ["--decimal", ","], "double", false],
    ["id;total\n1;1,234\n2;0,567\n", [], "double", true],
    ["id;total;x\n1;1,25;2.5\n", [], "string", true],
    ["id;total;x\n1;1,25;2.5\n", ["--decimal", "."], "string", false],
    ["id;total\n1;1,25\n2;a, b\n", [], "string", false],
  ];
  for (const [text, args, type, note] of rows) {
    await t.step(JSON.stringify([text, ...args]), async () => {
      await using made = await fromCsv(text, "--answer", "id", ...args);
      assert.equal(made.ran.exitCode, 0, made.ran.stderr);
      assert.match(await made.readProto(), new RegExp(`^ {2}${type} total = 2;$`, "m"));
      const said = type === "string"
        ? /^Column 2 \("total"\) stays text: the comma of "1,2\d+" may be no decimal one; if it is one, run this again with --decimal , --force$/m
        : /^Column 2 \("total"\) has decimal commas: "0,567" is a number$/m;
      if (note) assert.match(made.ran.stderr, said);
      else assert.doesNotMatch(made.ran.stderr, /comma/);
    });
  }
  const refused = await runBroker(["scaffold", "a.proto", "--decimal", ","]);
  assert.equal(refused.exitCode, 2);
  assert.match(refused.stderr, /^error: Cannot use --decimal without --from-csv: /);
});

Deno.test("broker scaffold --from-csv makes a project that passes its own checks", async () => {
  await using made = await fromCsv(
    "id,x,when,fault\n1,0.5,2026-01-01T00:00:00Z,true\n2,,2026-01-02T00:00:00Z,false\n",
    "--answer",
    "fault",
  );
  for (const task of ["check", "test"]) {
    const ran = await runProgram([Deno.execPath(), "task", task], { cwd: made.out });
    assert.equal(ran.code, 0, ran.stdout + ran.stderr);
  }
  assert.equal(
    await Deno.readTextFile(`${made.out}/sample.csv`),
    "id,x,when,fault\n1,0.5,2026-01-01T00:00:00Z,true\n2,,2026-01-02T00:00:00Z,false\n",
  );
  const again = await runBroker([
    "scaffold",
    "--from-csv",
    made.csv,
    "--out",
    made.out,
    "--answer",
    "fault",
  ]);
  assert.match(again.stderr, /is up to date\n$/);
});

Deno.test("broker scaffold --from-csv asks for the column on a terminal, and refuses where it cannot", async () => {
  await using folder = await temporaryFolder();
  const csv = `${folder.path}/data.csv`;
  await Deno.writeTextFile(csv, "a,b\n1,2\n");
  const base = ["scaffold", "--from-csv", csv, "--out", `${folder.path}/out`];
  const asked = await runBroker(base, { stdin: "b\n", terminals: ["stdin"] });
  assert.equal(asked.exitCode, 0, asked.stderr);
  assert.match(asked.stderr, /^Which column is to be predicted\? 1 a, 2 b: /);
  const rows: [text: string, args: string[], message: RegExp][] = [
    [
      "a,b\n1,2\n",
      [],
      /Cannot tell which column of ".*" is to be predicted: name it with --answer; there are 1 a, 2 b$/,
    ],
    [
      "a,b\n1,2\n",
      ["--answer", "c"],
      /Cannot predict "c": ".*" has no such column, only 1 a, 2 b$/,
    ],
    ["a,b\n1,2\n", ["--answer", "3"], /Cannot predict "3": /],
    ["a,b\n1\n", ["--answer", "b"], /line 2: found 1 cells, expected 2$/],
    ["", ["--answer", "b"], /it has no rows$/],
    ['a,b\n1,"2\n', ["--answer", "b"], /the quote opened here is never closed$/],
  ];
  for (const [text, args, message] of rows) {
    await Deno.writeTextFile(csv, text);
    const ran = await runBroker([
      "scaffold",
      "--from-csv",
      csv,
      "--out",
      `${folder.path}/no`,
      ...args,
    ]);
    assert.equal(ran.exitCode, 1, ran.stderr);
    assert.match(ran.stderr.trimEnd(), message);
    await assert.rejects(Deno.stat(`${folder.path}/no`), Deno.errors.NotFound);
  }
});
