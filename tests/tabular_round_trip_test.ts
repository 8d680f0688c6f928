import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { runBroker, type RunningServer, startServer, temporaryFolder } from "./support/broker.ts";
import { includes } from "./support/includes.ts";
import { repositoryPath } from "./support/paths.ts";
import { BAD_CELLS, GOOD_CELLS } from "./tabular_round_trip_cases.ts";

const PROTO = repositoryPath("tests/testdata/protos/every_cell.proto");
const HANDLERS = repositoryPath("tests/testdata/handlers/echo.ts");

function startEcho(): Promise<RunningServer> {
  return startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
}

function quoteCell(cell: string): string {
  return `"${cell.replaceAll('"', '""')}"`;
}

/** Streams one row of one cell, after a header and a good row, to the server. */
function streamCell(server: RunningServer, column: string, cell: string, flags: string[] = []) {
  const stdin = `${quoteCell(column)},maybe\n,1\n${quoteCell(cell)},2\n`;
  const args = ["stream", "-", server.target, "--proto", PROTO, "-O", "jsonl", ...flags];
  return runBroker(args, { stdin });
}

Deno.test("a cell of every type goes through a server and comes back exactly", async (t) => {
  await using server = await startEcho();
  for (const [column, cell, wanted] of GOOD_CELLS) {
    await t.step(`${column}: ${cell}`, async () => {
      const { exitCode, stdout, stderr } = await streamCell(server, column, cell);
      assert.equal(exitCode, 0, stderr);
      const [, answer] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      const name = column.replace(/[.[].*$/, "").toLowerCase();
      const found = answer[name];
      assert.ok(includes(found, wanted), `${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
    });
  }
});

Deno.test("a cell that is no value is refused with line, column, value and reason", async (t) => {
  await using server = await startEcho();
  for (const [column, cell, reason] of BAD_CELLS) {
    await t.step(`${column}: ${cell}`, async () => {
      const { exitCode, stdout, stderr } = await streamCell(server, column, cell);
      assert.equal(exitCode, 1, stderr);
      assert.equal(stdout.trimEnd().split("\n").length, 1, "the row before it is answered");
      const sentence = `error: Cannot read "stdin" line 3 column 1 (${column}): ${reason}\n`;
      assert.ok(stderr.includes(sentence), stderr);
    });
  }
});

Deno.test("rows of one message, files in cells, decimal commas and gzip go through a server", async (t) => {
  await using server = await startEcho();
  await using folder = await temporaryFolder();
  const answersTo = async (file: string, content: string | Uint8Array, ...flags: string[]) => {
    const path = `${folder.path}/${file}`;
    await Deno.writeFile(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
    const args = ["stream", path, server.target, "--proto", PROTO, "-O", "jsonl", ...flags];
    const { exitCode, stdout, stderr } = await runBroker(args);
    assert.equal(exitCode, 0, stderr);
    return stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  };
  await t.step("--group-by", async () => {
    const rows = "A String,points.latitude,words\nx,1,a\nx,2,b\ny,3,c\n";
    const answers = await answersTo("grouped.csv", rows, "--group-by", "a_string");
    assert.equal(answers.length, 2);
    const points = [{ latitude: 1 }, { latitude: 2 }];
    assert.ok(includes(answers[0], { a_string: "x", points, words: ["a", "b"] }));
    assert.ok(includes(answers[1], { a_string: "y", points: [{ latitude: 3 }], words: ["c"] }));
  });
  await t.step("--files", async () => {
    await Deno.writeFile(`${folder.path}/1.jpg`, Uint8Array.of(255, 216));
    const rows = "some_bytes,blobs\n@1.jpg,@1.jpg;AQ==\n";
    const [answer] = await answersTo("pictures.csv", rows, "--files", folder.path);
    assert.ok(includes(answer, { some_bytes: "/9g=", blobs: ["/9g=", "AQ=="] }));
  });
  await t.step("--decimal, --null, --default and gzip", async () => {
    const rows = gzipSync("a_double;an_int64;maybe\n-12,5;NA;\n-;9007199254740993;2\n");
    const flags = ["--decimal", ",", "--null", "NA", "--null", "-", "--default", "maybe=7"];
    const answers = await answersTo("rows.csv.gz", rows, ...flags, "--default", "color=red");
    const color = "COLOR_RED";
    assert.ok(includes(answers[0], { a_double: -12.5, an_int64: "0", maybe: 7, color }));
    assert.ok(includes(answers[1], { a_double: 0, an_int64: "9007199254740993", maybe: 2, color }));
  });
});
