import assert from "node:assert/strict";
import {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  explainMismatch,
  explainOtherLayout,
  type ResumedRun,
} from "../../streaming/checkpoint.ts";
import type { OutputLayout } from "../../streaming/output_layout.ts";
import { printFile, readCheckpoint, writeCheckpoint } from "../../streaming/checkpoint_file.ts";
import { TabularError } from "../../tabular/mod.ts";
import { temporaryFolder } from "../support/broker.ts";

const CHECKPOINT: Checkpoint = {
  input: { path: "/data/a.csv", octets: 100, headOctets: 64, headSha256: "ab" },
  method: "/p.S/M",
  rows: 7,
  rejected: 2,
  output: { path: "/out/a.jsonl", octets: 55 },
  rejects: { path: "/out/bad.csv", octets: 9 },
  layout: {
    format: "jsonl",
    join: true,
    header: true,
    map: ["b=value"],
    inputColumns: ["id", "b"],
    answerColumns: ["id", "sum"],
  },
  isFinished: false,
};
const RUN: ResumedRun = {
  checkpointPath: "a.checkpoint",
  inputName: "a.csv",
  input: { path: "/data/a.csv", octets: 100, headOctets: 64, headSha256: "ab" },
  method: "/p.S/M",
  outputPath: "/out/a.jsonl",
  rejectsPath: "/out/bad.csv",
};

Deno.test("A checkpoint is the same after it was written and read, with and without rejected rows", () => {
  for (const checkpoint of [CHECKPOINT, { ...CHECKPOINT, rejects: undefined, isFinished: true }]) {
    const text = encodeCheckpoint(checkpoint);
    assert.match(text, /^\{\n {2}"format": "broker checkpoint 2",\n/);
    const found = decodeCheckpoint(text, "c");
    assert.equal(encodeCheckpoint(found), text);
    assert.deepEqual([found.rows, found.rejects], [7, checkpoint.rejects]);
  }
});

Deno.test("decodeCheckpoint() refuses every other file, also a checkpoint that lacks something", () => {
  const whole = JSON.parse(encodeCheckpoint(CHECKPOINT));
  const texts = ["", "id,sensor1\n", "[]", "null", "{}", JSON.stringify({ ...whole, format: "x" })];
  for (const key of ["input", "method", "rows", "rejected", "output", "layout", "isFinished"]) {
    texts.push(JSON.stringify({ ...whole, [key]: undefined }));
  }
  for (const key of Object.keys(CHECKPOINT.layout)) {
    texts.push(JSON.stringify({ ...whole, layout: { ...CHECKPOINT.layout, [key]: 1 } }));
  }
  texts.push(JSON.stringify({ ...whole, rows: -1 }), JSON.stringify({ ...whole, rows: 1.5 }));
  for (const text of texts) {
    assert.throws(() => decodeCheckpoint(text, "c.json"), (error: Error) => {
      assert.ok(error instanceof TabularError);
      return error.message.startsWith('Cannot resume from "c.json": it is not a checkpoint; ');
    }, text);
  }
});

Deno.test("decodeCheckpoint() says of the file of another version that it is one, and what to do", () => {
  const older = { ...CHECKPOINT, format: "broker checkpoint 1", layout: undefined };
  assert.throws(() => decodeCheckpoint(JSON.stringify(older), "c.json"), {
    name: "TabularError",
    message:
      'Cannot resume from "c.json": another version of broker wrote it ("broker checkpoint 1", this one ' +
      'writes "broker checkpoint 2"); finish the run with that version, or remove it to start over, or ' +
      "name another file",
  });
});

Deno.test("explainOtherLayout() names the flag and both values of what would be another layout", () => {
  const { layout } = CHECKPOINT;
  const rows: readonly (readonly [now: Partial<OutputLayout>, was: string, is: string])[] = [
    [{ format: "csv" }, "-O jsonl", "-O csv"],
    [{ join: false }, "--join", "no --join"],
    [{ header: false }, "--header", "--no-header"],
    [{ map: [] }, '--map "b=value"', "no --map"],
    [{ map: ["b=value", "c="] }, '--map "b=value"', '--map "b=value" --map "c="'],
    [
      { inputColumns: ["id", "c"] },
      'column 2 of the input "b"',
      'column 2 of the input "c"',
    ],
    [
      { answerColumns: ["id", "sum", "mean"] },
      "no column 3 of the answers",
      'column 3 of the answers "mean"',
    ],
    // The first difference counts.
    [{ join: false, map: [], answerColumns: [] }, "--join", "no --join"],
  ];
  for (const [now, was, is] of rows) {
    assert.equal(
      explainOtherLayout(CHECKPOINT, { ...layout, ...now }, "a.checkpoint"),
      `Cannot resume from "a.checkpoint": its answers were begun with ${was}, this run has ${is}; ` +
        "give the same, or remove it to start over, or name another file",
    );
  }
  assert.equal(explainOtherLayout(CHECKPOINT, { ...layout }, "c"), undefined);
  assert.equal(explainOtherLayout({ ...CHECKPOINT, layout: undefined }, layout, "c"), undefined);
});

Deno.test("explainMismatch() lets the same run go on, also when its input has grown or moved", () => {
  assert.equal(explainMismatch(CHECKPOINT, RUN), undefined);
  assert.equal(
    explainMismatch(CHECKPOINT, { ...RUN, input: { ...RUN.input, octets: 900 } }),
    undefined,
  );
  assert.equal(
    explainMismatch(CHECKPOINT, { ...RUN, input: { ...RUN.input, path: "/b" } }),
    undefined,
  );
});

Deno.test("explainMismatch() says what is another", () => {
  const hint = "remove it to start over, or name another file";
  const rows: readonly (readonly [run: Partial<ResumedRun>, reason: string])[] = [
    [{ method: "/p.S/N" }, `it is of the method /p.S/M, this run is of /p.S/N; ${hint}`],
    [
      { input: { ...RUN.input, headSha256: "cd" } },
      `"a.csv" is not the input that it was made with, or has changed since; ${hint}`,
    ],
    [
      { input: { ...RUN.input, octets: 99 } },
      `"a.csv" is not the input that it was made with, or has changed since; ${hint}`,
    ],
    [
      { input: { ...RUN.input, path: "/b.csv", headSha256: "cd" }, inputName: "b.csv" },
      `"b.csv" is not the input that it was made with ("/data/a.csv"); ${hint}`,
    ],
    [
      { outputPath: "/out/b.jsonl" },
      `its answers are in "/out/a.jsonl", not in "/out/b.jsonl"; ${hint}`,
    ],
    [
      { rejectsPath: undefined },
      `it was made with --rejects "/out/bad.csv"; give the same, or ${hint}`,
    ],
  ];
  for (const [run, reason] of rows) {
    assert.equal(
      explainMismatch(CHECKPOINT, { ...RUN, ...run }),
      `Cannot resume from "a.checkpoint": ${reason}`,
    );
  }
});

Deno.test("writeCheckpoint() replaces the file as a whole, and leaves nothing beside it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/run.checkpoint`;
  assert.equal(await readCheckpoint(path), undefined);
  await writeCheckpoint(path, CHECKPOINT);
  const before = (await Deno.stat(path)).ino;
  await writeCheckpoint(path, { ...CHECKPOINT, rows: 8 });
  assert.equal((await readCheckpoint(path))?.rows, 8);
  assert.notEqual((await Deno.stat(path)).ino, before);
  assert.deepEqual(await Array.fromAsync(Deno.readDir(folder.path), ({ name }) => name), [
    "run.checkpoint",
  ]);
});

Deno.test("printFile() tells files apart by how they begin, and a grown one is the same", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/a.csv`;
  await Deno.writeTextFile(path, "id\n1\n");
  const first = await printFile(path);
  assert.deepEqual([first.octets, first.headOctets], [5, 5]);
  await Deno.writeTextFile(path, "2\n", { append: true });
  const grown = await printFile(path, first.headOctets);
  assert.deepEqual([grown.octets, grown.headSha256], [7, first.headSha256]);
  await Deno.writeTextFile(path, "id\n3\n2\n");
  assert.notEqual((await printFile(path, first.headOctets)).headSha256, first.headSha256);
});
