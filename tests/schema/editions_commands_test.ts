// What the commands make of messages of editions 2023 and 2024.
import assert from "node:assert/strict";
import { runBroker, startServer } from "../support/broker.ts";
import { repositoryPath } from "../support/paths.ts";
import { testProto } from "./support.ts";

const PROTO = testProto("editions.proto");
const SERVE = [PROTO, "--handlers", repositoryPath("tests/testdata/handlers/editions.ts")];

Deno.test("call and stream tell a 0 from a field that is not there, by reflection and by --proto", async () => {
  await using server = await startServer(SERVE);
  for (const schema of [[], ["--proto", PROTO]]) {
    const call = (data: string) =>
      runBroker(["call", server.target, "Later", "-d", data, ...schema]);
    assert.equal((await call('{"id":0}')).stdout, '{"id":0,"group":{"id":0}}\n');
    assert.equal((await call('{"count":0}')).stdout, '{"words":"absent"}\n');
    const args = ["stream", "-", server.target, "--method", "Later", "-O", "jsonl", "--quiet"];
    const streamed = await runBroker([...args, ...schema], { stdin: "id,count\n0,1\n,2\n" });
    const [zero, absent] = streamed.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual([zero.id, zero.words, zero.group.id, zero.group.kind], [0, null, 0, null]);
    assert.deepEqual([absent.id, absent.words, absent.group], [null, "absent", null]);
  }
});

Deno.test("A column may have the json_name of a field", async () => {
  await using server = await startServer(SERVE);
  for (const schema of [[], ["--proto", PROTO]]) {
    const args = ["stream", "-", server.target, "--method", "All", "-O", "jsonl", "--quiet"];
    const { stdout, stderr } = await runBroker([...args, ...schema], {
      stdin: "otherName,required,delimited.an_int32\nx,1,0\n",
    });
    assert.equal(stderr, "");
    const { renamed, required, delimited, text } = JSON.parse(stdout);
    assert.deepEqual([renamed, required, delimited.an_int32, text], ["x", 1, 0, null]);
  }
});

Deno.test("describe tells the edition of a file and the features that it sets", async () => {
  const { stdout } = await runBroker(["describe", "--proto", PROTO, "Closed"]);
  assert.equal(
    stdout,
    "// enum test.editions.Closed, editions.proto, edition 2023\nenum Closed {\n" +
      "  option features.enum_type = CLOSED;\n  CLOSED_ONE = 1;\n  CLOSED_TWO = 2;\n}\n",
  );
  const later = await runBroker(["describe", "--proto", PROTO, "test.later.Reading.id"]);
  assert.match(later.stdout, /editions_2024\.proto, edition 2024, .*features\.enum_type = CLOSED/);
});
