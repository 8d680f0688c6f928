import assert from "node:assert/strict";
import { runBroker, type RunningServer, startBroker, startServer } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { RpcServer } from "../rpc/mod.ts";
import { collectText } from "./support/run_program.ts";
import { withTimeout } from "./support/with_timeout.ts";

const FOLDER = repositoryPath("tests/testdata/call");
const SERVE = [`${FOLDER}/main.proto`, "--handlers", `${FOLDER}/handlers.ts`];

/** A stdin that is written to bit by bit. */
function openStdin() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return {
    readable,
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    close: () => writer.close(),
  };
}

/** One row: arguments behind `call TARGET`, what comes of it. */
interface Row {
  readonly args: readonly string[];
  readonly stdin?: string;
  readonly exitCode?: number;
  readonly stdout?: string;
  readonly stderr?: RegExp;
}

async function runRows(server: RunningServer, rows: readonly Row[]): Promise<void> {
  for (const { args, stdin = "", exitCode = 0, stdout = "", stderr = /^$/ } of rows) {
    const ran = await runBroker(["call", server.target, ...args], { stdin });
    const what = `${args.join(" ")}: ${ran.stderr}`;
    assert.equal(ran.stdout, stdout, what);
    assert.match(ran.stderr, stderr, what);
    assert.equal(ran.exitCode, exitCode, what);
  }
}

Deno.test("call makes calls of all four kinds with JSON in every arrangement", async () => {
  await using server = await startServer(SERVE);
  const path = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(path, '{"number":1}\n{"number":2}\n');
    await runRows(server, [
      {
        args: ["Echo", "-d", '{"sentId":9007199254740993,"mood":"CALM"}'],
        stdout: '{"sentId":"9007199254740993","mood":"CALM"}\n',
      },
      {
        args: ["Echo", "-d", '{"sent_id":"1","sent_at":"2026-01-31T12:00:00.5+01:00"}'],
        stdout: '{"sentId":"1","sentAt":"2026-01-31T11:00:00.500Z"}\n',
      },
      { args: ["Echo"], stdout: "{}\n" },
      { args: ["Echo", "-d", "@"], stdout: "{}\n" },
      { args: ["Count", "-d", '{"number":2}'], stdout: '{"number":1}\n{"number":2}\n' },
      { args: ["Sum", "-d", '{"number":1}{"number":2}'], stdout: '{"sum":"3"}\n' },
      { args: ["Sum", "-d", '[{"number":1},{"number":2}]'], stdout: '{"sum":"3"}\n' },
      { args: ["Sum", "-d", "@"], stdin: '{"number":4}\n\n{"number":5}', stdout: '{"sum":"9"}\n' },
      { args: ["Sum", "-d", `@${path}`], stdout: '{"sum":"3"}\n' },
      { args: ["Sum"], stdout: "{}\n" },
      {
        args: ["Chat", "-d", '[{"number":7},{"number":8}]'],
        stdout: '{"number":7}\n{"number":8}\n',
      },
      { args: ["Chat"] },
      { args: ["Mirror", "-d", '[1,null,{"a":-0}]'], stdout: '[1,null,{"a":-0}]\n' },
      { args: ["Sum", "--emit-defaults"], stdout: '{"sum":"0"}\n' },
      { args: ["Echo", "-O", "json", "-d", '{"mood":1}'], stdout: '{\n  "mood": "CALM"\n}\n' },
    ]);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("call takes the name of a method in every form, and the default target", async () => {
  await using server = await startServer(SERVE);
  const names = [
    "station.v1.Station/Echo",
    "station.v1.Station.Echo",
    "/station.v1.Station/Echo",
    "Station/Echo",
    "Station.Echo",
    "Echo",
  ];
  const rows: Row[] = names.map((name) => ({ args: [name], stdout: "{}\n" }));
  await runRows(server, [
    ...rows,
    {
      args: ["Ecko"],
      exitCode: 1,
      stderr:
        /^error: Cannot find the method "Ecko" in the reflection of .*: did you mean station\.v1\.Station\/Echo\?\n$/,
    },
  ]);
  const message = await runBroker(["call", "Echo", '{"sentId":1}']);
  assert.equal(message.exitCode, 2);
  assert.match(
    message.stderr,
    /^error: Cannot use the argument \{"sentId":1\}: messages are given with -d\n/,
  );
  const missing = await runBroker(["call", server.target]);
  assert.equal(missing.exitCode, 2);
  assert.match(missing.stderr, /^error: Argument <method> is missing/);
  const alone = await runBroker(["call", "Echo", "--connect-timeout", "2s", "--authority", "x y"]);
  assert.match(alone.stderr, /--authority "x y"/, "the only argument is the method");
});

Deno.test("call asks the server for the types within an Any, and shows the others", async () => {
  await using server = await startServer(SERVE);
  // By its full name, so that no other service is read: this one's files do not have the type.
  const echo = "station.v1.Station/Echo";
  const secret = '{"@type":"type.googleapis.com/station.vault.Secret","word":"x","weight":0.1}';
  await runRows(server, [
    { args: [echo, "-d", `{"content":${secret}}`], stdout: `{"content":${secret}}\n` },
    {
      args: [echo, "-d", '{"content":{"@type":"x/station.vault.Secrets"}}'],
      exitCode: 1,
      stderr:
        /^error: Cannot send message 1 of -d \(line 1\): content\.@type is "x\/station\.vault\.Secrets", which is not known/,
    },
    {
      args: [echo, "--proto", `${FOLDER}/main.proto`, "-d", `{"content":${secret}}`],
      stdout: `{"content":${secret}}\n`,
    },
  ]);
});

Deno.test("call says what is wrong with the JSON, and where", async () => {
  await using server = await startServer(SERVE);
  await runRows(server, [
    {
      args: ["Echo", "-d", "@"],
      stdin: '{\n  "sentId": 1,\n  "inner" {}\n}',
      exitCode: 1,
      stderr: /^error: Cannot read "stdin" line 3 column 11: found "{", want ":"\n$/,
    },
    {
      args: ["Echo", "-d", '{"inner":{"inner":{"sentIdd":1}}}'],
      exitCode: 1,
      stderr:
        /^error: Cannot send message 1 of -d \(line 1\): inner\.inner\.sentIdd is no field of station\.v1\.Envelope: did you mean "sentId"\?\n$/,
    },
    {
      args: ["Echo", "-d", "{}\n{}"],
      exitCode: 1,
      stderr: /it takes one message, and -d has another one on line 2\n$/,
    },
    {
      args: ["Sum", "-d", '{"number":1}\n{"number":"x"}'],
      exitCode: 1,
      stderr:
        /Cannot send message 2 of -d \(line 2\): number is "x", want an integer of 32 bits\n$/,
    },
    {
      args: ["Echo", "-d", '{"sentId":1,}'],
      exitCode: 1,
      stderr: /^error: Cannot read -d line 1 column 13: a comma before "}" is not allowed\n$/,
    },
    {
      args: ["Echo", "-d", "nope.json"],
      exitCode: 1,
      stderr:
        /^error: Cannot read -d line 1 column 1: found "nope\.json", want a value; a file is named as @nope\.json\n$/,
    },
    {
      args: ["Echo", "-d", "README.md"],
      exitCode: 1,
      stderr: /want a value; a file is named as @README\.md\n$/,
    },
    {
      args: ["Echo", "-d", "nonsense"],
      exitCode: 1,
      stderr: /found "nonsense", want a value\n$/,
    },
    {
      args: ["Echo", "-d", "@/no/such/file"],
      exitCode: 1,
      stderr: /^error: Cannot read "\/no\/such\/file": there is no such file\n$/,
    },
  ]);
  const latin = await runBroker(["call", server.target, "Echo", "-d", "@"], {
    stdin: new Uint8Array([0x22, 0xe9, 0x22]),
  });
  assert.equal(latin.exitCode, 1);
  assert.match(latin.stderr, /^error: Cannot read "stdin": it is not UTF-8\n$/);
});

Deno.test("call shows code, message and details of an error, and exits with 64 + code", async () => {
  await using server = await startServer(SERVE);
  const { exitCode, stdout, stderr } = await runBroker(["call", server.target, "Refuse"]);
  assert.equal(exitCode, 64 + 6);
  assert.equal(stdout, "");
  assert.deepEqual(stderr.split("\n"), [
    "error: The call of station.v1.Station/Refuse ended with ALREADY_EXISTS: the id is taken\\u001b[31m",
    '  details: {"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"sent_id","description":"is taken"}]}',
    '  details: {"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2.500s"}',
    "",
  ]);
});

Deno.test("call prints each answer while it is still sending", async () => {
  await using server = await startServer(SERVE);
  const stdin = openStdin();
  const running = startBroker(["call", server.target, "Chat", "-d", "@"], {
    stdin: stdin.readable,
  });
  for (const number of [5, 6]) {
    await stdin.write(`{"number":${number}}\n`);
    await running.untilPrinted("stdout", new RegExp(`"number":${number}`));
  }
  await stdin.close();
  const { exitCode, stdout } = await running.ended();
  assert.deepEqual([exitCode, stdout], [0, '{"number":5}\n{"number":6}\n']);
});

Deno.test("call ends when the server ends the call, even if stdin is still open", async () => {
  await using server = await startServer(SERVE);
  const stdin = openStdin();
  const running = startBroker(["call", server.target, "Chat", "-d", "@"], {
    stdin: stdin.readable,
  });
  await stdin.write('{"number":0}\n');
  const { exitCode, stdout } = await running.ended();
  assert.deepEqual([exitCode, stdout], [0, "{}\n"]);
});

Deno.test("call --max-responses cancels the call after so many answers and exits 0", async () => {
  await using server = await startServer(SERVE);
  await runRows(server, [
    { args: ["Count", "--max-responses", "2"], stdout: '{"number":1}\n{"number":2}\n' },
    { args: ["Count", "-d", '{"number":1}', "--max-responses", "5"], stdout: '{"number":1}\n' },
  ]);
});

Deno.test("call ends with DEADLINE_EXCEEDED after --max-time and with 130 after Ctrl-C", async () => {
  await using server = await startServer(SERVE);
  const late = await runBroker(["call", server.target, "Count", "--max-time", "200ms"]);
  assert.equal(late.exitCode, 64 + 4);
  assert.match(late.stderr, /ended with DEADLINE_EXCEEDED: Deadline of 200 ms exceeded\n$/);
  const running = startBroker(["call", server.target, "Count"]);
  await running.untilPrinted("stdout", /"number":50\b/);
  running.io.interrupt();
  const { exitCode, stderr } = await running.ended();
  assert.deepEqual([exitCode, stderr], [130, ""]);
});

Deno.test("call -v shows headers, trailers, status and timing on stderr, and no secret", async () => {
  await using server = await startServer(SERVE);
  const token = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(token, "s3cret\n");
    const { stdout, stderr } = await runBroker([
      ...["call", server.target, "Echo", "-v", "-H", "x-echo: a", "--token-file", token],
    ]);
    assert.equal(stdout, "{}\n");
    const lines = stderr.split("\n");
    for (
      const line of [
        `/station.v1.Station/Echo at ${server.target}`,
        "> x-echo: a",
        "> authorization: (not shown)",
        "< x-echo: a",
        "< x-end: over",
        "status OK",
      ]
    ) assert.ok(lines.includes(line), `${line}\nin ${stderr}`);
    assert.match(stderr, /^1 sent, 1 received, the first after [\d.]+ ms, [\d.]+ ms in all$/m);
    assert.ok(!stderr.includes("s3cret"));
  } finally {
    await Deno.remove(token);
  }
});

Deno.test("call names --proto for a server without reflection, and works with it", async () => {
  await using server = await startServer([...SERVE, "--no-reflection"]);
  await runRows(server, [
    {
      args: ["Echo"],
      exitCode: 1,
      stderr: /it has no reflection; name its \.proto with --proto\n$/,
    },
    { args: ["Echo", "--proto", `${FOLDER}/station.proto`], stdout: "{}\n" },
  ]);
  const gone = await runBroker([
    ...["call", "127.0.0.1:1", "Echo", "--proto", `${FOLDER}/station.proto`],
  ]);
  assert.equal(gone.exitCode, 1);
  assert.match(gone.stderr, /^error: Cannot connect to 127\.0\.0\.1:1: no server listens there/);
});

Deno.test("call indents the only answer on a terminal", async () => {
  await using server = await startServer(SERVE);
  const run = (method: string) =>
    runBroker(["call", server.target, method, "-d", '{"number":1}'], { terminals: ["stdout"] });
  assert.equal((await run("Sum")).stdout, '{\n  "sum": "1"\n}\n');
  assert.equal((await run("Count")).stdout, '{"number":1}\n');
});

Deno.test("call ends quietly when nobody reads its answers any more", async () => {
  await using server = await startServer(SERVE);
  const running = startBroker(["call", server.target, "Count"]);
  await running.untilPrinted("stdout", /"number":50\b/);
  running.io.closeStdout();
  const { exitCode, stderr } = await withTimeout(running.ended(), 10_000, "the call to end");
  assert.deepEqual([exitCode, stderr], [0, ""]);
});

Deno.test("call as a process ends with the server's call while its stdin stays open", async () => {
  await using server = await startServer(SERVE);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", repositoryPath("main.ts"), "call", server.target, "Chat", "-d", "@"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stdin = child.stdin.getWriter();
  try {
    await stdin.write(new TextEncoder().encode('{"number":3}\n{"number":0}\n'));
    const printed = Promise.all([collectText(child.stdout), collectText(child.stderr)]);
    const { code } = await withTimeout(child.status, 30_000, "the process to end");
    assert.deepEqual([code, ...await printed], [0, '{"number":3}\n{}\n', ""]);
  } finally {
    // The process is gone; so is what read it.
    await stdin.close().catch(() => {});
  }
});

Deno.test("call for one message ends with Ctrl-C while stdin is still open, and sends nothing", async () => {
  await using server = await startServer(SERVE);
  const stdin = openStdin();
  const running = startBroker(["call", server.target, "Echo", "-v", "-d", "@"], {
    stdin: stdin.readable,
  });
  await running.untilPrinted("stderr", /Echo at /);
  await stdin.write('{"sentId":1}\n{"sent');
  running.io.interrupt();
  const { exitCode, stdout, stderr } = await running.ended();
  assert.deepEqual([exitCode, stdout], [130, ""]);
  assert.doesNotMatch(stderr, /error/);
});

Deno.test("call ends at an answer that cannot be read, even if more follow for ever", async () => {
  const server = new RpcServer({ onHandlerError: () => {} });
  const pass = (octets: Uint8Array) => octets;
  // deno-lint-ignore no-explicit-any -- the definitions of grpc-js say Buffer where any octets will do.
  const definition: any = {
    Count: {
      path: "/station.v1.Station/Count",
      requestStream: false,
      responseStream: true,
      requestSerialize: pass,
      requestDeserialize: pass,
      responseSerialize: pass,
      responseDeserialize: pass,
    },
  };
  server.addService(definition, {
    Count: async function* () {
      for (;;) {
        yield Uint8Array.of(0x0a, 5, 1);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  assert.equal(address.kind, "tcp");
  try {
    const target = address.kind === "tcp" ? `127.0.0.1:${address.port}` : "";
    const proto = `${FOLDER}/station.proto`;
    const ran = await runBroker(["call", target, "Count", "--proto", proto]);
    assert.equal(ran.exitCode, 64 + 13);
    assert.match(
      ran.stderr,
      /INTERNAL: Cannot decode an answer of 3 octets: it is no station\.v1\./,
    );
  } finally {
    await withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "the server to end");
  }
});
