/** What `broker stream` says of input, flags and servers that it cannot use. */
import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { withTimeout } from "./support/with_timeout.ts";

const SENSORS = repositoryPath("dataset/sensors.csv");
const DATABROKER = repositoryPath("proto/databroker.proto");
const CALCULATOR = repositoryPath("tests/testdata/handlers/calculator.proto");
const CALCULATOR_HANDLERS = repositoryPath("tests/testdata/handlers/calculator.ts");

Deno.test("stream refuses a wrong command line with 2, before it reads or connects", async (t) => {
  const rows: readonly (readonly [args: readonly string[], sentence: string])[] = [
    [[], "Argument <file.csv|-> is missing: usage is broker stream <file.csv|-> [target] [flags]"],
    [
      ["a", "b:1", "c"],
      'Cannot take the argument "c": usage is broker stream <file.csv|-> [target] [flags]',
    ],
    [
      ["-", "localhost"],
      'Cannot read the target "localhost": it is neither host:port nor unix:/path, as in localhost:8061',
    ],
    [
      ["-", "localhost:99999"],
      'Cannot read the target "localhost:99999": it is neither host:port nor unix:/path, as in localhost:8061',
    ],
    [
      ["-", "--header", "--no-header"],
      "Cannot combine --header with --no-header: give only one of them",
    ],
    [["-", "--quiet", "--verbose"], "Cannot combine --quiet with --verbose: give only one of them"],
    [["-", "-H", "color"], 'Cannot use -H "color": it is not of the form "name: value"'],
    [["-", "-H", ": red"], 'Cannot use -H ": red": it is not of the form "name: value"'],
    [["-", "-H", "a-bin: %"], 'Cannot use -H "a-bin: %": it is not of the form "name-bin: base64"'],
    [
      ["-", "-H", "grpc-timeout: 1S"],
      'Cannot use -H "grpc-timeout: 1S": "grpc-timeout" belongs to the protocol',
    ],
    [["-", "-H", "TE: x"], 'Cannot use -H "TE: x": "TE" belongs to the protocol'],
    [["-", "-H", "a b: c"], 'Cannot set metadata "a b": a key holds only 0-9 a-z _ - .'],
    [["-", "-H", "a: ü"], 'Cannot set metadata "a": "ü" is not printable ASCII'],
    [["-", "-O", "yaml"], 'Cannot use -O "yaml": want table, csv or jsonl'],
    [["-", "--on-bad-row", "fix"], 'Cannot use --on-bad-row "fix": want stop or skip'],
    [
      ["-", "--max-in-flight", "0"],
      'Cannot use --max-in-flight "0": want an integer of at least 1',
    ],
    [
      ["-", "--delimiter", "ab"],
      'Cannot use --delimiter "ab": it takes one character, or \\t for a tab',
    ],
    [
      ["-", "--delimiter", '"'],
      'Cannot use --delimiter "\\"": it takes one character, or \\t for a tab',
    ],
    [["-", "--methd", "x"], 'Unknown flag "--methd" of "broker stream": did you mean "--method"?'],
  ];
  for (const [args, sentence] of rows) {
    await t.step(args.join(" "), async () => {
      const { exitCode, stdout, stderr } = await runBroker(["stream", ...args]);
      assert.deepEqual([exitCode, stdout, stderr], [2, "", `error: ${sentence}\n`]);
    });
  }
});

Deno.test("stream refuses input that it cannot read or map with 1, and sends nothing", async (t) => {
  await using folder = await temporaryFolder();
  const rows: Record<string, { text: string; flags?: string[]; problem: string }> = {
    "an empty file": { text: "", problem: "Cannot read FILE: it has no rows" },
    "blank lines": { text: "\n\r\n\n", problem: "Cannot read FILE: it has no rows" },
    "too few columns without a header": {
      text: "1,2\n",
      problem:
        "Cannot map FILE without a header: it has 2 columns, but BrokerRequest takes 5 (id, sensor1, sensor2, sensor3, sensor4); name the field of each column with --map NUMBER=FIELD, or leave one out with --map NUMBER=",
    },
    "an unknown column": {
      text: "id,sensr1\n1,2\n",
      problem:
        'Cannot map FILE line 1 column 2 ("sensr1"): BrokerRequest has no field "sensr1"; did you mean "sensor1"? It has id, sensor1, sensor2, sensor3, sensor4; map it with --map "sensr1=FIELD" or leave it out with --map "sensr1="',
    },
    "two columns for one field": {
      text: "id,ID\n1,2\n",
      problem:
        'Cannot map FILE: column 1 (id) and column 2 (ID) both fill the field "id"; rename or leave one out with --map',
    },
    "--map of no column": {
      text: "id\n1\n",
      flags: ["--map", "x"],
      problem: 'Cannot use --map "x": it is not column=field',
    },
    "a first row that is not UTF-8": {
      text: "\xff",
      problem: "Cannot read FILE line 1: the octet 0xFF is not UTF-8; save the file as UTF-8",
    },
  };
  for (const [name, { text, flags = [], problem }] of Object.entries(rows)) {
    await t.step(name, async () => {
      const path = `${folder.path}/rows.csv`;
      await Deno.writeFile(path, Uint8Array.from(text, (char) => char.charCodeAt(0)));
      const { exitCode, stdout, stderr } = await runBroker([
        "stream",
        path,
        "localhost:1",
        ...["--proto", DATABROKER, ...flags],
      ]);
      const sentence = problem.replace("FILE", `"${path}"`);
      assert.deepEqual([exitCode, stdout, stderr], [1, "", `error: ${sentence}\n`]);
    });
  }
});

Deno.test("stream sends the rows before one that it cannot use, then says which with 1", async (t) => {
  await using server = await startServer(["--log", "off"]);
  const rows: Record<string, { text: string; problem: string; answers?: number }> = {
    "a cell that is not a number": {
      text: "id,sensor1\n1,2\n2,12,5\n".replace("12,5", '"12,5"'),
      problem: 'line 3 column 2 (sensor1): "12,5" is not a float',
    },
    "too few columns": {
      text: "id,sensor1\n1,2\n2\n",
      problem: "line 3: found 1 cell, expected 2 as in the header",
    },
    "too many columns": {
      text: "1,2,3,4,5\n1,2,3,4,5,6\n",
      problem: "line 2: found 6 cells, expected 5 as in the first row",
    },
    "a number out of range": {
      text: "id\n1\n99999999999\n",
      problem: 'line 3 column 1 (id): "99999999999" is ',
    },
    "an octet that is not UTF-8": {
      text: "id\n1\n\xff\n",
      problem: "line 3: the octet 0xFF is not UTF-8; save the file as UTF-8",
    },
    "a quote that is never closed": {
      text: 'id,sensor1\n1,2\n2,"3\n4,5\n',
      problem: "line 3: the quote opened here is never closed",
    },
  };
  for (const [name, { text, problem }] of Object.entries(rows)) {
    await t.step(name, async () => {
      const stdin = Uint8Array.from(text, (char) => char.charCodeAt(0));
      const args = ["stream", "-", server.target];
      const { exitCode, stdout, stderr } = await runBroker(args, { stdin });
      assert.equal(exitCode, 1, stderr);
      assert.equal(stdout, '{"id":1,"prediction":false}\n');
      assert.ok(stderr.includes(`error: Cannot read "stdin" ${problem}`), stderr);
      assert.match(stderr, /\d rows? read, 1 sent, 1 answered, [01] rejected in /);
    });
  }
});

Deno.test("stream of a header without rows ends with 1", async () => {
  await using server = await startServer(["--log", "off"]);
  const args = ["stream", "-", server.target];
  const { exitCode, stderr } = await runBroker(args, { stdin: "id,sensor1\n" });
  assert.equal(exitCode, 1);
  assert.match(
    stderr,
    /^0 rows read, .*\nerror: Cannot stream "stdin": it has a header but no rows\n$/,
  );
});

Deno.test("stream says which file it cannot open", async () => {
  await using folder = await temporaryFolder();
  const missing = `${folder.path}/none.csv`;
  assert.deepEqual(await runBroker(["stream", missing, "localhost:1"]), {
    exitCode: 1,
    stdout: "",
    stderr: `error: Cannot read "${missing}": there is no such file\n`,
  });
  assert.deepEqual(await runBroker(["stream", folder.path, "localhost:1"]), {
    exitCode: 1,
    stdout: "",
    stderr: `error: Cannot read "${folder.path}": it is a directory\n`,
  });
});

Deno.test("stream refuses a method or schema that it cannot use with 1", async (t) => {
  await using folder = await temporaryFolder();
  const broken = `${folder.path}/broken.proto`;
  await Deno.writeTextFile(broken, 'syntax = "proto3";\nmessage Row { int32 id }\n');
  const rows: readonly (readonly [flags: readonly string[], sentence: string])[] = [
    [
      ["--proto", DATABROKER, "--method", "Nope"],
      `Cannot find the method "Nope" in "${DATABROKER}": its methods are bidirectional_databroker.BrokerService/BidirectionalStreaming`,
    ],
    [
      ["--proto", CALCULATOR, "--method", "Sqare"],
      `Cannot find the method "Sqare" in "${CALCULATOR}": did you mean calculator.Calculator/Square?`,
    ],
    [
      ["--proto", CALCULATOR],
      `Cannot choose a method of "${CALCULATOR}": 5 of them stream; name one with --method: calculator.Calculator/Square, calculator.Calculator/add_up, calculator.Calculator/Inspect, calculator.Troublemaker/Fail, calculator.Troublemaker/Hold`,
    ],
    [["--proto", "nope.proto"], 'Cannot read "nope.proto": there is no such file'],
    [
      ["--proto", broken],
      `Cannot parse "${broken}" line 2 column 24: found "}" where "=" is expected`,
    ],
  ];
  for (const [flags, sentence] of rows) {
    await t.step(flags.join(" "), async () => {
      const { exitCode, stdout, stderr } = await runBroker([
        "stream",
        SENSORS,
        "localhost:1",
        ...flags,
      ]);
      assert.deepEqual([exitCode, stdout, stderr], [1, "", `error: ${sentence}\n`]);
    });
  }
});

Deno.test("stream names a target where no server is with 1, and leaves the output file alone", async (t) => {
  await using folder = await temporaryFolder();
  const output = `${folder.path}/answers.csv`;
  await Deno.writeTextFile(output, "of yesterday\n");
  const hint = `no server listens there; start one with "broker serve", or name another target`;
  const port = freePort();
  const rows: readonly (readonly [target: string, reason: string])[] = [
    [`localhost:${port}`, hint],
    [`http://127.0.0.1:${port}`, hint],
    [`unix:${folder.path}/none.sock`, hint],
    ["nohost.invalid:8061", "there is no host of that name"],
  ];
  for (const [target, reason] of rows) {
    await t.step(target, async () => {
      const { exitCode, stdout, stderr } = await runBroker([
        "stream",
        SENSORS,
        target,
        "-o",
        output,
      ]);
      const sentence = `Cannot connect to ${target}: ${reason}`;
      assert.deepEqual([exitCode, stdout, stderr], [1, "", `error: ${sentence}\n`]);
      assert.equal(await Deno.readTextFile(output), "of yesterday\n");
    });
  }
});

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

Deno.test("stream gives up after --connect-timeout on a server that says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = listener.accept();
  const target = `127.0.0.1:${listener.addr.port}`;
  const ran = await runBroker(["stream", SENSORS, target, "--connect-timeout", "100ms"]);
  using _conn = await withTimeout(accepting, 5000, "the connection");
  assert.deepEqual(ran, {
    exitCode: 1,
    stdout: "",
    stderr:
      `error: Cannot connect to ${target}: no answer within 100 ms; check host and port, or wait longer with --connect-timeout\n`,
  });
});

Deno.test("stream ends with 64 + UNIMPLEMENTED when the server does not know the method", async () => {
  await using server = await startServer(["--log", "off"]);
  const args = ["stream", "-", server.target, "--proto", CALCULATOR, "--method", "Square"];
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin: "id\n1\n" });
  assert.deepEqual([exitCode, stdout], [76, ""]);
  assert.match(
    stderr,
    /\nerror: The call ended with UNIMPLEMENTED: The server has no method "\/calculator.Calculator\/Square"; 1 of 1 rows sent have no answer, the first is line 2\n$/,
  );
});

Deno.test("stream refuses an output that it cannot write", async (t) => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(input, "id\n1\n");
  await Deno.symlink(input, `${folder.path}/link.csv`);
  const rows: readonly (readonly [path: string, exitCode: number, sentence: string])[] = [
    [folder.path, 1, `Cannot write "${folder.path}": it is a directory`],
    [`${folder.path}/no/x`, 1, `Cannot write "${folder.path}/no/x": its folder does not exist`],
    ["/dev/full", 1, 'Cannot write "/dev/full": No space left on device'],
    [input, 2, `Cannot write the answers to "${input}": it is the input`],
    [
      `${folder.path}/./link.csv`,
      2,
      `Cannot write the answers to "${folder.path}/./link.csv": it is the input`,
    ],
  ];
  for (const [path, wantedCode, sentence] of rows) {
    await t.step(path.replace(folder.path, ""), async () => {
      const args = ["stream", input, server.target, "-o", path];
      const { exitCode, stdout, stderr } = await runBroker(args);
      assert.deepEqual([exitCode, stdout, stderr], [wantedCode, "", `error: ${sentence}\n`]);
      assert.equal(await Deno.readTextFile(input), "id\n1\n");
    });
  }
});

Deno.test("stream prints errors with --quiet, and a stack with --verbose alone", async () => {
  const args = ["stream", "none.csv"];
  const sentence = 'error: Cannot read "none.csv": there is no such file\n';
  assert.equal((await runBroker([...args, "--quiet"])).stderr, sentence);
  assert.equal((await runBroker(args)).stderr, sentence);
  const verbose = await runBroker([...args, "--verbose"]);
  assert.ok(verbose.stderr.startsWith(sentence));
  assert.match(verbose.stderr, /\n +at .*input_file\.ts/);
});

Deno.test("stream prints a status of the server with --quiet, without the stack of anything", async () => {
  const handlers = [CALCULATOR, "--handlers", CALCULATOR_HANDLERS, "--log", "off"];
  await using server = await startServer(handlers);
  const args = ["stream", "-", server.target, "--proto", CALCULATOR, "--method", "Fail", "-q"];
  const { exitCode, stdout, stderr } = await runBroker(args, { stdin: "id,value\n7,0\n8,1\n" });
  assert.deepEqual([exitCode, stdout], [67, '{"id":7,"value":0}\n']);
  assert.equal(
    stderr,
    "error: The call ended with INVALID_ARGUMENT: one is\\nnot allowed; 1 of 2 rows sent have no answer, the first is line 3\n",
  );
});

const TAKEN =
  /; the server did not say what it offers and was taken for the built-in databroker: if it is another, check the target or name its \.proto with --proto\n$/;

Deno.test("stream says which contract it took for a server that does not tell its own", async (t) => {
  const handlers = [CALCULATOR, "--handlers", CALCULATOR_HANDLERS, "--log", "off"];
  await using server = await startServer([...handlers, "--no-reflection"]);
  const cases: readonly (readonly [name: string, flags: string[], csv: string, says: RegExp])[] = [
    ["a column without a field", [], "turbine_id,power\n1,2\n", /Cannot map .*"turbine_id"/],
    ["no column with a field", ["--map", "*="], "a,b\n1,2\n", /no column fills a field/],
    ["a method of its own", ["--method", "Predict"], "id\n1\n", /find the method "Predict"/],
    ["a call to none of its methods", [], "id\n1\n", /The call ended with UNIMPLEMENTED/],
  ];
  for (const [name, flags, stdin, says] of cases) {
    await t.step(name, async () => {
      const { stderr } = await runBroker(["stream", "-", server.target, ...flags], { stdin });
      assert.match(stderr, says);
      assert.match(stderr, TAKEN);
    });
  }
  await t.step("but not where no contract would help", async () => {
    const { stderr } = await runBroker(["stream", "-", server.target], {
      stdin: 'syntax = "proto3";\n',
    });
    assert.match(stderr, /it is a \.proto, not a table/);
    assert.doesNotMatch(stderr, TAKEN);
  });
});

Deno.test("stream sends nothing, and --check fails, where no column fills a field", async (t) => {
  await using server = await startServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const output = `${folder.path}/answers.csv`;
  const stream = (stdin: string, ...flags: string[]) =>
    runBroker(["stream", "-", server.target, "--map", "*=", ...flags], { stdin });
  for (const flags of [["-o", output], ["--check"]]) {
    await t.step(flags.join(" "), async () => {
      const { exitCode, stdout, stderr } = await stream("a,b\n1,2\n3,4\n", ...flags);
      assert.deepEqual([exitCode, stdout], [1, ""]);
      assert.equal(
        stderr,
        'error: Cannot map "stdin": no column fills a field of BrokerRequest, so that every message ' +
          "would be empty; it has id, sensor1, sensor2, sensor3, sensor4; " +
          "name one with --map COLUMN=FIELD\n",
      );
    });
  }
  await assert.rejects(Deno.stat(output), Deno.errors.NotFound);
  await t.step("but where a default does, or a key may come later", async () => {
    const one = await stream("a,b\n1,2\n", "--default", "id=7", "-O", "csv");
    assert.match(one.stdout, /\n7,/);
    const later = await stream('{"hello":1}\n{"id":7}\n', "-O", "csv");
    assert.match(later.stdout, /\n7,/);
  });
});
