import assert from "node:assert/strict";
import { INJECTED_ANOMALIES } from "../dataset/generate.ts";
import { runBroker, startBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";

const SENSORS = repositoryPath("dataset/sensors.csv");
const DATABROKER = repositoryPath("proto/databroker.proto");
const CALCULATOR = repositoryPath("tests/testdata/handlers/calculator.proto");
const CALCULATOR_HANDLERS = repositoryPath("tests/testdata/handlers/calculator.ts");
const SUMMARY =
  /^2,000 rows read, 2,000 sent, 2,000 answered, 0 rejected in \S+ m?s \([\d,]+ rows\/s\)\nlatency p50 \S+ m?s, p95 \S+ m?s, p99 \S+ m?s, max \S+ m?s\n$/;

function startCalculator() {
  return startServer([CALCULATOR, "--handlers", CALCULATOR_HANDLERS, "--log", "off"]);
}

/** Arguments of `stream` for a method of calculator.proto; rows come from stdin. */
function calculate(target: string, method: string, ...flags: string[]): string[] {
  return ["stream", "-", target, "--proto", CALCULATOR, "--method", method, ...flags];
}

function anomaliesOf(jsonl: string): number[] {
  return jsonl.trimEnd().split("\n").map((line) => JSON.parse(line))
    .filter(({ prediction }) => prediction).map(({ id }) => id);
}

Deno.test("stream sends sensors.csv and prints one prediction per row, in order", async () => {
  await using server = await startServer();
  const { exitCode, stdout, stderr } = await runBroker(["stream", SENSORS, server.target]);
  assert.equal(exitCode, 0, stderr);
  const answers = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(answers.map(({ id }) => id), Array.from({ length: 2000 }, (_, row) => row + 1));
  assert.deepEqual(anomaliesOf(stdout), INJECTED_ANOMALIES.map(({ id }) => id));
  assert.match(stderr, SUMMARY);
});

Deno.test("stream reads a headerless copy, a pipe and CRLF alike", async (t) => {
  await using server = await startServer();
  const text = await Deno.readTextFile(SENSORS);
  const headerless = text.slice(text.indexOf("\n") + 1);
  const inputs = {
    "headerless": headerless,
    "with a header": text,
    "CRLF and a byte order mark": `\uFEFF${text.replaceAll("\n", "\r\n")}`,
    "no line end at the end": text.trimEnd(),
    "semicolons": text.replaceAll(",", ";"),
    "tabs": text.replaceAll(",", "\t"),
  };
  for (const [name, stdin] of Object.entries(inputs)) {
    await t.step(name, async () => {
      const { exitCode, stdout, stderr } = await runBroker(["stream", "-", server.target], {
        stdin,
      });
      assert.equal(exitCode, 0, stderr);
      assert.deepEqual(anomaliesOf(stdout), INJECTED_ANOMALIES.map(({ id }) => id));
    });
  }
});

Deno.test("stream and serve meet on a Unix socket, whose file is gone in the end", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/broker.sock`;
  {
    await using server = await startServer(["--host", `unix:${path}`]);
    assert.equal(server.target, `unix:${path}`);
    for (const target of [`unix:${path}`, `unix://${path}`]) {
      const { exitCode, stderr } = await runBroker(["stream", SENSORS, target]);
      assert.equal(exitCode, 0, stderr);
    }
  }
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("stream writes each format to stdout or a file, joined or not", async (t) => {
  await using server = await startServer();
  await using folder = await temporaryFolder();
  const stdin = 'id,sensor1,note\n1,20.5,a\n2,20.25,"b,c"\n';
  const rows: readonly (readonly [name: string, flags: readonly string[], wanted: string])[] = [
    ["jsonl by default", [], '{"id":1,"prediction":false}\n{"id":2,"prediction":false}\n'],
    ["csv", ["-O", "csv"], "id,prediction\n1,false\n2,false\n"],
    ["table", ["-O", "table"], "id  prediction\n--  ----------\n 1  false\n 2  false\n"],
    [
      "csv joined",
      ["-O", "csv", "--join"],
      'id,sensor1,note,answer.id,prediction\n1,20.5,a,1,false\n2,20.25,"b,c",2,false\n',
    ],
    [
      "jsonl joined",
      ["-O", "jsonl", "--join"],
      '{"id":1,"sensor1":20.5,"note":"a","answer.id":1,"prediction":false}\n' +
      '{"id":2,"sensor1":20.25,"note":"b,c","answer.id":2,"prediction":false}\n',
    ],
  ];
  for (const [name, flags, wanted] of rows) {
    await t.step(name, async () => {
      const args = ["stream", "-", server.target, "--map", "note=", ...flags];
      const toStdout = await runBroker(args, { stdin });
      assert.deepEqual([toStdout.exitCode, toStdout.stdout], [0, wanted], toStdout.stderr);
      const path = `${folder.path}/answers`;
      const toFile = await runBroker([...args, "-o", path], { stdin });
      assert.deepEqual([toFile.exitCode, toFile.stdout], [0, ""], toFile.stderr);
      assert.equal(await Deno.readTextFile(path), wanted);
      const toDash = await runBroker([...args, "-o", "-"], { stdin });
      assert.equal(toDash.stdout, wanted);
    });
  }
  await t.step("table by default on a terminal", async () => {
    const args = ["stream", "-", server.target, "--map", "note="];
    const { stdout } = await runBroker(args, { stdin, terminals: ["stdout"] });
    assert.match(stdout, /^id {2}prediction\n/);
  });
});

Deno.test("stream takes --map, --delimiter, --null, --header and --no-header", async (t) => {
  await using server = await startCalculator();
  const rows: Record<string, { flags: string[]; stdin: string; values: number[] }> = {
    "--map by name": { flags: ["--map", "v=value"], stdin: "id,v\n1,2\n", values: [4] },
    "--map by number": {
      flags: ["--no-header", "--map", "1=value", "--map", "2=id"],
      stdin: "3,1\n",
      values: [9],
    },
    "--delimiter": { flags: ["--delimiter", ":"], stdin: "id:value\n1:2\n", values: [4] },
    "--delimiter \\t": { flags: ["--delimiter", "\\t"], stdin: "id\tvalue\n1\t2\n", values: [4] },
    "--null": { flags: ["--null", "NA"], stdin: "id,value\n1,NA\n2,3\n3,\n", values: [0, 9, 0] },
    "--header": { flags: ["--header"], stdin: "value,id\n5,1\n", values: [25] },
    "--no-header": { flags: ["--no-header"], stdin: "1,6\n", values: [36] },
  };
  for (const [name, { flags, stdin, values }] of Object.entries(rows)) {
    await t.step(name, async () => {
      const args = calculate(server.target, "Square", ...flags);
      const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
      assert.equal(exitCode, 0, stderr);
      const found = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).value);
      assert.deepEqual(found, values);
    });
  }
});

Deno.test("stream --check prints the plan and needs no server", async () => {
  const { exitCode, stdout, stderr } = await runBroker(
    ["stream", "-", "localhost:1", "--check", "--proto", DATABROKER, "--map", "t=sensor1"],
    { stdin: "id,t\n7,20.5\n8,21\n" },
  );
  assert.equal(exitCode, 0, stderr);
  assert.equal(
    stdout,
    'bidirectional_databroker.BrokerRequest from "stdin"\n' +
      "#  column  field    type   example\n" +
      "1  id      id       int32  7\n" +
      "2  t       sensor1  float  20.5\n" +
      "stays unset: sensor2, sensor3, sensor4\n",
  );
  assert.equal(stderr, "The first 2 rows fit\n");
});

Deno.test("stream --check describes a file that has a header alone", async () => {
  const args = ["stream", "-", "localhost:1", "--check", "--proto", DATABROKER];
  const { exitCode, stdout } = await runBroker(args, { stdin: "id,sensor1\n" });
  assert.equal(exitCode, 0);
  assert.match(stdout, /^2 {2}sensor1 {2}sensor1 {2}float$/m);
});

Deno.test("stream finds an import of --proto through -I", async () => {
  await using server = await startCalculator();
  await using folder = await temporaryFolder();
  const proto = await Deno.readTextFile(CALCULATOR);
  const importing = proto.replace("package calculator;", '$&\nimport "types/entry.proto";')
    .replace(/message Entry \{[^}]*\}/, "");
  await Deno.mkdir(`${folder.path}/types`);
  await Deno.mkdir(`${folder.path}/protos`);
  await Deno.writeTextFile(`${folder.path}/protos/main.proto`, importing);
  await Deno.writeTextFile(
    `${folder.path}/types/entry.proto`,
    'syntax = "proto3";\npackage calculator;\nmessage Entry { int32 id = 1; double value = 2; }\n',
  );
  const args = [
    ...["stream", "-", server.target, "--method", "Square"],
    ...["--proto", `${folder.path}/protos/main.proto`],
  ];
  const stdin = "id,value\n1,3\n";
  const found = await runBroker([...args, "-I", folder.path], { stdin });
  assert.equal(found.stdout, '{"id":1,"value":9}\n', found.stderr);
  const missing = await runBroker(args, { stdin });
  assert.equal(missing.exitCode, 1);
  assert.match(
    missing.stderr,
    /^error: Cannot load .*"types\/entry\.proto".*name its root with -I\n$/,
  );
});

Deno.test("stream sends -H, --authority and --max-time to the handler", async () => {
  await using server = await startCalculator();
  const flags = [
    ...["-H", "color: red", "-H", "Color:blue: sky", "-H", "token-bin: AAH/"],
    ...["--authority", "calculator.example", "--max-time", "1m"],
  ];
  const { exitCode, stdout, stderr } = await runBroker(
    calculate(server.target, "Inspect", ...flags),
    { stdin: "id\n1\n" },
  );
  assert.equal(exitCode, 0, stderr);
  assert.deepEqual(JSON.parse(stdout), {
    authority: "calculator.example",
    color: ["red", "blue: sky"],
    token: "AAH/",
    has_deadline: true,
  });
});

Deno.test("stream without -H, --authority and --max-time sends the target's name and no more", async () => {
  await using server = await startCalculator();
  const args = calculate(`http://${server.target}`, "Inspect", "--plaintext");
  const { stdout } = await runBroker(args, { stdin: "id\n1\n" });
  const report = JSON.parse(stdout);
  assert.equal(report.authority, server.target);
  assert.equal(report.has_deadline, false);
});

Deno.test("stream prints the one answer of a client streaming method", async () => {
  await using server = await startCalculator();
  const args = calculate(server.target, "add_up");
  const { exitCode, stdout, stderr } = await runBroker(args, {
    stdin: "id,value\n1,2\n2,3.5\n",
  });
  assert.deepEqual([exitCode, stdout], [0, '{"count":2,"total":5.5}\n'], stderr);
  assert.match(stderr, /^2 rows read, 2 sent, 2 answered, 0 rejected in/);
  const joined = await runBroker([...args, "--join"], { stdin: "id,value\n1,2\n" });
  assert.equal(joined.exitCode, 2);
  assert.equal(
    joined.stderr,
    "error: Cannot --join rows with answers: calculator.Calculator/add_up gives one for all rows\n",
  );
});

Deno.test("stream with --max-in-flight 1 waits for each answer and loses none", async () => {
  await using server = await startServer();
  const { exitCode, stdout } = await runBroker(
    ["stream", SENSORS, server.target, "--max-in-flight", "1"],
  );
  assert.equal(exitCode, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 2000);
});

Deno.test("stream --on-bad-row stop sends and answers the rows before, then ends with 1", async () => {
  await using server = await startServer();
  const stdin = "id,sensor1\n1,2\n2,3\n3,12x\n4,5\n";
  const { exitCode, stdout, stderr } = await runBroker(["stream", "-", server.target], { stdin });
  assert.equal(exitCode, 1);
  assert.equal(stdout, '{"id":1,"prediction":false}\n{"id":2,"prediction":false}\n');
  assert.match(stderr, /^3 rows read, 2 sent, 2 answered, 1 rejected in .*\nlatency .*\nerror: /);
  assert.match(
    stderr,
    /error: Cannot read "stdin" line 4 column 2 \(sensor1\): "12x" is not a float/,
  );
});

Deno.test("stream --on-bad-row skip leaves bad rows out, names each and ends with 3", async () => {
  await using server = await startServer();
  const stdin = "id,sensor1\n1,2\nx,3\n3\n4,5\n";
  const args = ["stream", "-", server.target, "--on-bad-row", "skip"];
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
  assert.equal(exitCode, 3);
  assert.equal(stdout, '{"id":1,"prediction":false}\n{"id":4,"prediction":false}\n');
  assert.match(
    stderr,
    /^skipped: Cannot read "stdin" line 3 column 1 \(id\): "x" is not an? int32.*\nskipped: Cannot read "stdin" line 4: found 1 cell, expected 2 as in the header\n4 rows read, 2 sent, 2 answered, 2 rejected/,
  );
  const quiet = await runBroker([...args, "--quiet"], { stdin });
  assert.deepEqual([quiet.exitCode, quiet.stderr], [3, ""]);
});

Deno.test("stream sends no row of an input whose rows are all bad, and still ends the call", async () => {
  await using server = await startServer();
  const args = ["stream", "-", server.target, "--on-bad-row", "skip", "-O", "csv"];
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin: "id,sensor1\nx,1\ny,2\n" });
  assert.deepEqual([exitCode, stdout], [3, "id,prediction\n"], stderr);
});

Deno.test("stream --max-time ends with 64 + DEADLINE_EXCEEDED and keeps what was answered", async () => {
  await using server = await startCalculator();
  const { exitCode, stdout, stderr } = await runBroker(
    calculate(server.target, "Hold", "--max-time", "300ms"),
    { stdin: "id,value\n1,1\n2,2\n" },
  );
  assert.equal(exitCode, 68);
  assert.equal(stdout, '{"id":1,"value":1}\n');
  assert.match(stderr, /^2 rows read, 2 sent, 1 answered/);
  assert.match(
    stderr,
    /error: The call ended with DEADLINE_EXCEEDED: .*; 1 of 2 rows sent have no answer, the first is line \d\n$/,
  );
});

Deno.test("stream --max-msg-sz ends with 64 + RESOURCE_EXHAUSTED, its sentence and the summary", async () => {
  await using server = await startCalculator();
  // An Entry is 11 octets long, and 12 from id 128 on.
  const args = calculate(server.target, "Square", "--max-msg-sz", "11");
  const { exitCode, stdout, stderr } = await runBroker(args, {
    stdin: "id,value\n1,1\n2,2\n300,3\n4,4\n",
  });
  assert.equal(exitCode, 72);
  assert.equal(stdout, '{"id":1,"value":1}\n{"id":2,"value":4}\n');
  assert.match(stderr, /^4 rows read, 4 sent, 2 answered, 0 rejected in .*\nlatency .*\nerror: /);
  assert.match(
    stderr,
    /error: The call ended with RESOURCE_EXHAUSTED: .*\b12\b.*\b11\b.*; 2 of 4 rows/,
  );
});

Deno.test("stream puts data on stdout, talk on stderr, and says nothing with --quiet", async () => {
  await using server = await startServer();
  const plain = await runBroker(["stream", SENSORS, server.target]);
  const quiet = await runBroker(["stream", SENSORS, server.target, "--quiet"]);
  assert.equal(quiet.stdout, plain.stdout);
  assert.equal(quiet.stderr, "");
  assert.equal(quiet.exitCode, 0);
});

Deno.test("stream ends quietly when nobody reads its output any more", async () => {
  await using server = await startServer();
  await using folder = await temporaryFolder();
  const path = `${folder.path}/long.csv`;
  await Deno.writeTextFile(path, `id\n${"1\n".repeat(200_000)}`);
  const running = startBroker(["stream", path, server.target]);
  await running.untilPrinted("stdout", /\n/);
  running.io.closeStdout();
  const { exitCode, stderr } = await running.ended();
  assert.deepEqual([exitCode, stderr], [0, ""]);
});
