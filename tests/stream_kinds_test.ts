/** `broker stream` to methods of all four kinds, and to servers that reorder, drop, repeat and leave. */
import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";

const PROTO = repositoryPath("tests/testdata/stream/rows.proto");
const HANDLERS = repositoryPath("tests/testdata/stream/handlers.ts");

function startRows() {
  return startServer([PROTO, "--handlers", HANDLERS, "--log", "off"]);
}

/** Arguments of `stream` for a method of rows.proto, which the server's reflection describes; rows come from stdin. */
function to(target: string, method: string, ...flags: string[]): string[] {
  return ["stream", "-", target, "--method", method, "-O", "csv", ...flags];
}

function rowsOf(count: number): string {
  return Array.from({ length: count }, (_, index) => `${index + 1},${index}\n`).join("");
}

function doubled(ids: readonly number[]): string {
  return "id,value\n" + ids.map((id) => `${id},${2 * (id - 1)}\n`).join("");
}

const HUNDRED = Array.from({ length: 100 }, (_, index) => index + 1);

Deno.test("stream answers every row of a method of each kind, in the order of the rows", async (t) => {
  await using server = await startRows();
  const stdin = `id,value\n${rowsOf(100)}`;
  const wanted = doubled(HUNDRED);
  const cases: Record<string, { args: string[]; stdout: string }> = {
    "bidirectional": { args: ["Double"], stdout: wanted },
    "bidirectional over three connections": {
      args: ["Double", "--connections", "3"],
      stdout: wanted,
    },
    "bidirectional, joined by id": { args: ["Shuffle", "--id-field", "id"], stdout: wanted },
    "bidirectional, joined by two names of the id": {
      args: ["Shuffle", "--id-field", "id=id", "--connections", "2"],
      stdout: wanted,
    },
    "unary": { args: ["One"], stdout: wanted },
    "unary over three connections": { args: ["One", "--connections", "3"], stdout: wanted },
    "unary, one at a time": { args: ["One", "--max-in-flight", "1"], stdout: wanted },
    "unary, more than the server takes at once": {
      args: ["One", "--max-in-flight", "1000"],
      stdout: wanted,
    },
    "client streaming": { args: ["Total"], stdout: "id,value\n0,4950\n" },
  };
  for (const [name, { args: [method = "", ...flags], stdout: text }] of Object.entries(cases)) {
    await t.step(name, async () => {
      const { exitCode, stdout, stderr } = await runBroker(to(server.target, method, ...flags), {
        stdin,
      });
      assert.deepEqual([exitCode, stdout], [0, text], stderr);
      assert.match(stderr, /^100 rows read, 100 sent, 100 answered, 0 rejected in /);
    });
  }
});

Deno.test("stream joins 0 to n answers of a server streaming method to their row", async () => {
  await using server = await startRows();
  const stdin = "id,count\n1,2\n2,0\n3,1\n4,3\n";
  const args = to(server.target, "Repeat", "--join");
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
  assert.deepEqual([exitCode, stdout], [
    0,
    "id,count,answer.id,value\n1,2,1,0\n1,2,1,1\n3,1,3,0\n4,3,4,0\n4,3,4,1\n4,3,4,2\n",
  ], stderr);
  assert.match(stderr, /^4 rows read, 4 sent, 4 answered \(6 answers\), 0 rejected in /);
});

Deno.test("stream stops at a row whose own call fails, and ends with 64 + its status", async () => {
  await using server = await startRows();
  const stdin = "id,value\n1,1\n2,-5\n3,3\n";
  const args = to(server.target, "One", "--max-in-flight", "1");
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
  assert.deepEqual([exitCode, stdout], [69, "id,value\n1,2\n"], stderr);
  assert.match(stderr, /error: The call of line 3 ended with NOT_FOUND: value -5\n$/);
});

Deno.test("stream --rejects takes bad rows and failed calls, with where, what, why and their cells", async () => {
  await using server = await startRows();
  await using folder = await temporaryFolder();
  const rejects = `${folder.path}/rejects.csv`;
  const stdin = 'id,value,note\n1,1,a\n2,-3,"b,\n""c"""\n3,x,d\n4\n5,5,e\n';
  const args = to(server.target, "One", "--map", "note=", "--rejects", rejects);
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
  assert.deepEqual([exitCode, stdout], [3, "id,value\n1,2\n5,10\n"], stderr);
  assert.equal(
    await Deno.readTextFile(rejects),
    "line,column,value,reason,id,value,note\n" +
      '3,,,INVALID_ARGUMENT: value -3,2,-3,"b,\n""c"""\n' +
      '5,2,x,"""x"" is not a double",3,x,d\n' +
      '6,,,"found 1 cell, expected 3 as in the header",4\n',
  );
  assert.match(stderr, /^5 rows read, 3 sent, 2 answered, 3 rejected in /);
});

Deno.test("stream --max-errors stops with 1 when more rows are left out", async () => {
  await using server = await startRows();
  const stdin = "id,value\n1,x\n2,2\n3,y\n4,4\n5,z\n6,6\n";
  const few = await runBroker(to(server.target, "Double", "--max-errors", "2"), { stdin });
  assert.deepEqual([few.exitCode, few.stdout], [1, "id,value\n2,4\n4,8\n"]);
  assert.match(few.stderr, /error: Stopped after 3 rejected rows: --max-errors allows 2\n$/);
  const many = await runBroker(to(server.target, "Double", "--max-errors", "3"), { stdin });
  assert.deepEqual([many.exitCode, many.stdout], [3, "id,value\n2,4\n4,8\n6,12\n"]);
});

Deno.test("stream --id-field counts rows without an answer and answers without a row", async () => {
  await using server = await startRows();
  const stdin = `id,value\n${rowsOf(10)}`;
  const dropped = await runBroker(to(server.target, "Drop", "--id-field", "id"), { stdin });
  assert.deepEqual([dropped.exitCode, dropped.stdout], [3, doubled([1, 2, 4, 5, 7, 8, 10])]);
  assert.match(
    dropped.stderr,
    /error: The server ended the call with OK, but 7 of 10 rows sent were answered; the first without an answer is line 4\n$/,
  );
  const twice = await runBroker(to(server.target, "Twice", "--id-field", "id"), { stdin });
  assert.deepEqual([twice.exitCode, twice.stdout], [3, doubled(HUNDRED.slice(0, 10))]);
  assert.match(
    twice.stderr,
    /error: 10 answers have an id that no row waits for, the first "1": unknown, or answered before; left out\n$/,
  );
});

Deno.test("stream does not blame a server that ends the call well as the input ends", async () => {
  await using server = await startRows();
  const whole = await runBroker(to(server.target, "Early"), { stdin: "id,value\n1,0\n2,1\n" });
  assert.deepEqual([whole.exitCode, whole.stdout], [0, doubled([1, 2])], whole.stderr);
  const late = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode("id,value\n1,0\n2,1\n"));
      await new Promise((resolve) => setTimeout(resolve, 50));
      controller.close();
    },
  });
  const piped = await runBroker(to(server.target, "Early"), { stdin: late });
  assert.deepEqual([piped.exitCode, piped.stdout], [0, doubled([1, 2])], piped.stderr);
  const more = await runBroker(to(server.target, "Early"), { stdin: `id,value\n${rowsOf(3)}` });
  assert.equal(more.exitCode, 3);
  assert.match(more.stderr, /error: The server ended the call with OK/);
});

Deno.test("stream --group-by sends one message of rows, and joins its answer to the first of them", async () => {
  await using server = await startRows();
  const stdin = "key,rows.id,rows.value\na,1,1\na,2,2\nb,3,3\nc,4,4\nc,5,5\nc,6,6\n";
  const args = to(server.target, "Sum", "--group-by", "key");
  const { exitCode, stdout, stderr } = await runBroker([...args, "--join"], { stdin });
  assert.deepEqual([exitCode, stdout], [
    0,
    "key,rows.id,rows.value,id,value\na,1,1,2,3\nb,3,3,1,3\nc,4,4,3,15\n",
  ], stderr);
  assert.match(stderr, /^6 rows read, 3 sent, 3 answered, /);
});

Deno.test("stream refuses flags that a method has no use for, with 2 and its name", async (t) => {
  await using server = await startRows();
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(input, "id,value\n1,1\n");
  const output = `${folder.path}/answers.csv`;
  const one = "there is one answer for all rows";
  const call = "it gives one answer for all rows, in one call";
  const rows: readonly (readonly [method: string, flags: readonly string[], sentence: string])[] = [
    [
      "Total",
      ["--join"],
      "Cannot --join rows with answers: rows.Rows/Total gives one for all rows",
    ],
    ["Total", ["--id-field", "id"], `Cannot use --id-field with rows.Rows/Total: ${one}`],
    ["Total", ["--retry", "3"], `Cannot use --retry with rows.Rows/Total: ${call}`],
    ["Total", ["--connections", "2"], `Cannot use --connections with rows.Rows/Total: ${call}`],
    [
      "Total",
      ["--checkpoint", `${folder.path}/c`, "-o", output],
      `Cannot use --checkpoint with rows.Rows/Total: ${call}`,
    ],
    [
      "One",
      ["--id-field", "id"],
      "Cannot use --id-field with rows.Rows/One: each row has a call of its own",
    ],
  ];
  for (const [method, flags, sentence] of rows) {
    await t.step(`${method} ${flags[0]}`, async () => {
      const args = ["stream", input, server.target, "--method", method, ...flags];
      const { exitCode, stdout, stderr } = await runBroker(args);
      assert.deepEqual([exitCode, stdout, stderr], [2, "", `error: ${sentence}\n`]);
    });
  }
});
