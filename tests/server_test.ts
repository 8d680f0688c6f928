import assert from "node:assert/strict";
import { runBroker, startBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { connectScripted } from "./support/scripted_peer.ts";
import { CODE, data, envelope, grpcRequest, headers } from "./support/wire.ts";
import { release } from "./testdata/handlers/calculator.ts";

const PROTO = repositoryPath("tests/testdata/handlers/calculator.proto");
const HANDLERS = repositoryPath("tests/testdata/handlers/calculator.ts");
const JAVASCRIPT_HANDLERS = repositoryPath("tests/testdata/handlers/databroker.js");
const CALCULATOR = [PROTO, "--handlers", HANDLERS];

/** Arguments of `stream` for a method of calculator.proto; rows come from stdin. */
function calculate(target: string, method: string, ...flags: string[]): string[] {
  return ["stream", "-", target, "--proto", PROTO, "--method", method, "--quiet", ...flags];
}

function portOf(target: string): number {
  return Number(target.slice(target.lastIndexOf(":") + 1));
}

Deno.test("serve says where it listens and what it serves, and ends with 0 on a signal", async () => {
  const server = await startServer(CALCULATOR);
  const { exitCode, stdout, stderr } = await server.stop();
  assert.deepEqual([exitCode, stdout], [0, ""]);
  assert.match(
    stderr,
    /^Listening on 127\.0\.0\.1:\d+: calculator\.Calculator, calculator\.Troublemaker\nStopping: calls have 8 s to finish\n$/,
  );
});

Deno.test("serve --quiet says the port that it picked, and no more", async () => {
  const server = await startServer(["--quiet"]);
  await runBroker(["stream", "-", server.target, "-q"], { stdin: "id\n1\n" });
  const { stderr } = await server.stop();
  assert.match(stderr, /^Listening on \S+: bidirectional_databroker\.BrokerService\n$/);
});

Deno.test("serve takes handlers in JavaScript for the built-in databroker", async () => {
  await using server = await startServer(["--handlers", JAVASCRIPT_HANDLERS]);
  const args = ["stream", "-", server.target, "-O", "csv", "-q"];
  const { stdout } = await runBroker(args, { stdin: "id\n1\n2\n3\n" });
  assert.equal(stdout, "id,prediction\n1,true\n2,false\n3,true\n");
});

Deno.test("serve takes handlers in each form that a module may have", async (t) => {
  await using folder = await temporaryFolder();
  const method = "async *BidirectionalStreaming(rows) { for await (const { id } of rows) " +
    "yield { id, prediction: true }; }";
  const forms: Record<string, string> = {
    "handlers.ts": `export const handlers = { ${method} };`,
    "default.mjs": `export default { ${method} };`,
    "short_name.js": `export const BrokerService = { ${method} };`,
    "by_service.js": `export const handlers = { BrokerService: { ${method} } };`,
    "full_name.js": `export default { "bidirectional_databroker.BrokerService": { ${method} } };`,
    "class.ts": `class Broker { calls: number = 0; ${method} }\nexport default new Broker();`,
    "function.js": `export ${method.replace("async *", "async function* ")}`,
    "lower_camel.js": `export default { ${method.replace("Bidi", "bidi")} };`,
    "common.cjs": `module.exports = { ${method} };`,
  };
  for (const [name, source] of Object.entries(forms)) {
    await t.step(name, async () => {
      const path = `${folder.path}/${name}`;
      await Deno.writeTextFile(path, source);
      await using server = await startServer(["--handlers", path, "--log", "off"]);
      const args = ["stream", "-", server.target, "-q"];
      const { stdout } = await runBroker(args, { stdin: "id\n7\n" });
      assert.equal(stdout, '{"id":7,"prediction":true}\n');
    });
  }
});

Deno.test("serve names methods without a handler and answers them with UNIMPLEMENTED", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/half.js`;
  await Deno.writeTextFile(
    path,
    "export function Negate({ id, value }) { return { id, value: -value }; }\n" +
      "export async function* Hold(rows) { yield* rows; }\n",
  );
  await using server = await startServer([PROTO, "--handlers", path]);
  const said = server.io.stderrText();
  for (const name of ["Calculator/Square", "Calculator/add_up", "Troublemaker/Fail"]) {
    assert.ok(said.includes(`calculator.${name} has no handler: it answers UNIMPLEMENTED\n`), said);
  }
  assert.doesNotMatch(said, /Negate|Hold/);
  const { exitCode } = await runBroker(calculate(server.target, "Square"), { stdin: "id\n1\n" });
  assert.equal(exitCode, 76);
});

Deno.test("serve refuses what it cannot serve, before it listens", async (t) => {
  await using folder = await temporaryFolder();
  const file = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder.path}/${name}`, text);
    return `${folder.path}/${name}`;
  };
  const missing = `${folder.path}/missing.ts`;
  const syntax = await file("syntax.ts", "export const handlers = {\n  a: }\n");
  const throws = await file("throws.js", 'throw new Error("no model.bin here");');
  const importing = await file("importing.js", 'import "./gone.js";');
  const wrongName = await file("wrong.js", "export const handlers = { BidirectionalStream() {} };");
  const extra = await file(
    "extra.js",
    "export default { BidirectionalStreaming() {}, Bidi() {} };",
  );
  const noFunction = await file("none.js", 'export const BidirectionalStreaming = "model";');
  const empty = await file("empty.js", "");
  const broken = await file("broken.proto", 'syntax = "proto3";\nmessage Row { int32 id }\n');
  const noService = await file("none.proto", 'syntax = "proto3";\nmessage Row { int32 id = 1; }\n');
  const service = "bidirectional_databroker.BrokerService";
  const builtin = "; no .proto was named, so that of the built-in databroker is served";
  const rows: readonly (readonly [args: string[], exitCode: number, sentence: string | RegExp])[] =
    [
      [["--handlers", missing], 1, `Cannot load the handlers "${missing}": there is no such file`],
      [
        ["--handlers", folder.path],
        1,
        `Cannot load the handlers "${folder.path}": it is a folder; --handlers takes a module in TypeScript or JavaScript (.ts, .js)`,
      ],
      [
        ["--handlers", syntax],
        1,
        new RegExp(
          `^Cannot load the handlers "${syntax}": Expression expected at file://${syntax}:2:6$`,
          "i",
        ),
      ],
      [
        ["--handlers", throws],
        1,
        `Cannot load the handlers "${throws}": no model.bin here at file://${throws}:1:7`,
      ],
      [
        ["--handlers", importing],
        1,
        new RegExp(
          `^Cannot load the handlers "${importing}": Module not found "file://${folder.path}/gone.js" at file://${importing}:1:8$`,
        ),
      ],
      [
        ["--handlers", wrongName],
        1,
        `Cannot find handlers for ${service}: the module has to export BidirectionalStreaming, but exports BidirectionalStream${builtin}`,
      ],
      [
        ["--handlers", extra],
        1,
        `Cannot use the handler "Bidi": ${service} has no such method, only BidirectionalStreaming${builtin}`,
      ],
      [
        ["--handlers", noFunction],
        1,
        `Cannot use the handler "BidirectionalStreaming" of ${service}: it is of type string, not a function${builtin}`,
      ],
      [
        ["--handlers", empty],
        1,
        `Cannot find handlers for ${service}: the module has to export BidirectionalStreaming, but exports nothing${builtin}`,
      ],
      [
        ["nope.proto", "--handlers", HANDLERS],
        1,
        'Cannot read "nope.proto": there is no such file',
      ],
      [
        [broken, "--handlers", HANDLERS],
        1,
        `Cannot parse "${broken}" line 2 column 24: found "}" where "=" is expected`,
      ],
      [[noService, "--handlers", HANDLERS], 1, `Cannot use "${noService}": it defines no service`],
      [[PROTO], 2, `Cannot serve "${PROTO}" without handlers: name their module with --handlers`],
      [
        ["--host", "unix:/x", "--port", "1"],
        2,
        "Cannot combine --host unix:… with --port: a Unix socket has no port",
      ],
      [["--port", "70000"], 2, 'Cannot use --port "70000": want an integer from 0 to 65535'],
      [["--log", "xml"], 2, 'Cannot use --log "xml": want text, json or off'],
      [
        ["--host", "nohost.invalid"],
        1,
        "Cannot listen on nohost.invalid:8061: there is no host of that name",
      ],
      [
        ["--host", "203.0.113.1"],
        1,
        "Cannot listen on 203.0.113.1:8061: this machine does not have that address; choose another with --host",
      ],
      [
        ["--host", `unix:${folder.path}/no/s`],
        1,
        `Cannot listen on unix:${folder.path}/no/s: its folder does not exist`,
      ],
    ];
  for (const [args, wantedCode, sentence] of rows) {
    await t.step(args.join(" ").replaceAll(folder.path, ""), async () => {
      const { exitCode, stdout, stderr } = await runBroker(["serve", ...args]);
      const [, found] = /^error: (.*)\n$/.exec(stderr) ?? [];
      if (typeof sentence === "string") assert.equal(found ?? stderr, sentence);
      else assert.match(found ?? stderr, sentence);
      assert.deepEqual([exitCode, stdout], [wantedCode, ""]);
    });
  }
});

Deno.test("serve refuses an address in use, TCP or Unix", async () => {
  await using folder = await temporaryFolder();
  await using tcp = await startServer();
  const again = ["--host", "127.0.0.1", "--port", `${portOf(tcp.target)}`];
  assert.deepEqual(await runBroker(["serve", ...again]), {
    exitCode: 1,
    stdout: "",
    stderr: `error: Cannot listen on ${tcp.target}: ` +
      "it is in use; stop the other program or choose another port with --port\n",
  });
  await using unix = await startServer(["--host", `unix:${folder.path}/s`]);
  assert.deepEqual(await runBroker(["serve", "--host", `unix:${folder.path}/s`]), {
    exitCode: 1,
    stdout: "",
    stderr: `error: Cannot listen on ${unix.target}: ` +
      "it is in use; stop the other program, or remove the file if none is left\n",
  });
});

Deno.test("serve sends an RpcError of a handler as it is, and logs the call on one line", async () => {
  const server = await startServer(CALCULATOR);
  const client = await runBroker(calculate(server.target, "Fail"), {
    stdin: "id,value\n7,0\n8,1\n",
  });
  assert.equal(client.exitCode, 67);
  assert.match(client.stderr, /INVALID_ARGUMENT: one is\\nnot allowed/);
  const { stderr } = await server.stop();
  const lines = stderr.split("\n").filter((line) => line.includes("/calculator."));
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? "",
    /^\d{4}-\d\d-\d\dT\S+Z \/calculator\.Troublemaker\/Fail 127\.0\.0\.1:\d+ INVALID_ARGUMENT \(one is\\nnot allowed\) in=2 out=1 [\d.]+ms$/,
  );
});

Deno.test("serve hides what a handler throws from the client, and says it once on stderr", async (t) => {
  for (const flags of [[], ["--verbose"]]) {
    await t.step(flags.join(" "), async () => {
      const server = await startServer([...CALCULATOR, ...flags]);
      await using peer = await connectScripted(portOf(server.target));
      await peer.send(headers(1, grpcRequest("/calculator.Troublemaker/Fail")));
      // Entry { id: 1, value: 2.0 }
      await peer.send(data(1, envelope(Uint8Array.of(8, 1, 17, 0, 0, 0, 0, 0, 0, 0, 0x40))));
      const trailers = await peer.expectHeaders(1);
      assert.equal(trailers.get("grpc-status"), "2");
      assert.equal(trailers.get("grpc-message"), "The handler failed");
      assert.doesNotMatch(JSON.stringify(trailers.fields), /hunter2|calculator\.ts/);
      await peer.close();
      const { stderr } = await server.stop();
      const sentence =
        "error: The handler of /calculator.Troublemaker/Fail failed: the password is hunter2" +
        (flags.length > 0 ? "\n" : "; --verbose shows where\n");
      assert.equal(stderr.split(sentence).length, 2, stderr);
      assert.equal(/^ +at .*calculator\.ts/m.test(stderr), flags.length > 0);
      assert.match(stderr, / UNKNOWN \(The handler failed\) in=1 out=0 /);
    });
  }
});

Deno.test("serve survives a rejection and an exception that no handler catches", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/stray.js`;
  await Deno.writeTextFile(
    path,
    `export async function* BidirectionalStreaming(rows) {
      for await (const { id } of rows) {
        if (id === 1) Promise.reject(new Error("nobody waits for this"));
        if (id === 2) setTimeout(() => { throw new Error("nobody catches this"); });
        if (id === 2) await new Promise((resolve) => setTimeout(resolve));
        yield { id };
      }
    }`,
  );
  const server = await startServer(["--handlers", path, "--log", "off"]);
  const args = ["stream", "-", server.target, "-q"];
  for (const id of [1, 2, 3]) {
    const { exitCode } = await runBroker(args, { stdin: `id\n${id}\n` });
    assert.equal(exitCode, 0);
  }
  await server.untilPrinted("stderr", /nobody waits for this[^]*nobody catches this/);
  const { exitCode, stderr } = await server.stop();
  assert.equal(exitCode, 0);
  assert.match(
    stderr,
    /error: An error outside of any call was not caught: nobody waits for this\nerror: An error outside of any call was not caught: nobody catches this\n/,
  );
});

Deno.test("serve --log json writes an object per call, off none", async () => {
  const server = await startServer([...CALCULATOR, "--log", "json"]);
  await runBroker(calculate(server.target, "Square"), { stdin: "id\n1\n2\n" });
  await runBroker(calculate(server.target, "Fail"), { stdin: "value\n1\n" });
  const { stderr } = await server.stop();
  const records = stderr.split("\n").filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  assert.equal(records.length, 2);
  const [square, fail] = records;
  assert.match(square.time, /^\d{4}-.*Z$/);
  assert.match(square.peer, /^127\.0\.0\.1:\d+$/);
  assert.ok(square.durationMs > 0);
  assert.deepEqual(
    [square.path, square.status, square.message, square.received, square.sent],
    ["/calculator.Calculator/Square", "OK", undefined, 2, 2],
  );
  assert.deepEqual([fail.status, fail.message], ["INVALID_ARGUMENT", "one is\nnot allowed"]);

  const silent = await startServer([...CALCULATOR, "--log", "off"]);
  await runBroker(calculate(silent.target, "Square"), { stdin: "id\n1\n" });
  assert.doesNotMatch((await silent.stop()).stderr, /Square/);
});

for (
  const [format, logged] of [
    ["text", "Z /\\u001b[2J\\u0020OK\\u0020in=1\\u009b1m 127.0.0.1:"],
    ["json", '"path":"/\\u001b[2J OK in=1\\u009b1m"'],
  ]
) {
  Deno.test(`serve --log ${format} writes a path so that it steers no terminal and forges no line`, async () => {
    const server = await startServer([...CALCULATOR, "--log", format]);
    await using peer = await connectScripted(portOf(server.target));
    await peer.send(headers(1, grpcRequest("/\x1b[2J OK in=1\x9b1m"), { endStream: true }));
    assert.equal((await peer.expectHeaders(1)).get("grpc-status"), "12");
    const { stderr } = await server.stop();
    assert.ok(stderr.includes(logged), stderr);
    // deno-lint-ignore no-control-regex
    assert.doesNotMatch(stderr, /[\x1b\x9b]/);
  });
}

Deno.test("serve --quiet logs calls only if --log asks for it", async () => {
  for (const flags of [[], ["--log", "json"]]) {
    const server = await startServer([...CALCULATOR, "--quiet", ...flags]);
    await runBroker(calculate(server.target, "Square"), { stdin: "id\n1\n" });
    assert.equal((await server.stop()).stderr.includes("Square"), flags.length > 0);
  }
});

Deno.test("serve lets a call finish after a signal, and takes no new ones", async () => {
  const server = await startServer(CALCULATOR);
  const client = startBroker(calculate(server.target, "Hold"), { stdin: "id\n1\n2\n3\n" });
  await client.untilPrinted("stdout", /"id":1/);
  server.io.interrupt();
  await server.untilPrinted("stderr", /Stopping/);
  const late = await runBroker(["stream", "-", server.target], { stdin: "id\n1\n" });
  assert.equal(late.exitCode, 1);
  assert.match(late.stderr, /^error: Cannot connect to .*: (?:no server listens|Connection reset)/);
  release();
  const { exitCode, stdout } = await client.ended();
  assert.equal(exitCode, 0);
  assert.equal(stdout.split("\n").length, 4);
  const served = await server.ended();
  assert.equal(served.exitCode, 0);
  assert.match(served.stderr, /Hold .* OK in=3 out=3 /);
});

Deno.test("serve cuts off calls that outlast --grace, and still ends with 0", async () => {
  const server = await startServer([...CALCULATOR, "--grace", "50ms"]);
  const client = startBroker(calculate(server.target, "Hold"), { stdin: "id\n1\n2\n" });
  await client.untilPrinted("stdout", /"id":1/);
  server.io.interrupt();
  const { exitCode, stderr } = await server.ended();
  assert.equal(exitCode, 0, stderr);
  assert.match(stderr, /Stopping: calls have 0\.05 s to finish\n/);
  const cut = await client.ended();
  assert.equal(cut.exitCode, 78);
  assert.equal(cut.stdout, '{"id":1,"value":0}\n');
  release();
});

Deno.test("serve refuses messages above --max-msg-sz and calls above --max-streams", async () => {
  await using server = await startServer([
    ...CALCULATOR,
    "--max-msg-sz",
    "2",
    "--max-streams",
    "1",
  ]);
  const large = await runBroker(calculate(server.target, "Square"), { stdin: "id,value\n1,2\n" });
  assert.equal(large.exitCode, 72, large.stderr);
  await using peer = await connectScripted(portOf(server.target));
  await peer.send(headers(1, grpcRequest("/calculator.Troublemaker/Hold")));
  await peer.send(headers(3, grpcRequest("/calculator.Troublemaker/Hold")));
  await peer.expectReset(3, CODE.REFUSED_STREAM);
});

Deno.test("serve keeps --max-connections", async () => {
  await using server = await startServer(["--max-connections", "1"]);
  await using first = await connectScripted(portOf(server.target));
  await first.roundTrip();
  await using second = await connectScripted(portOf(server.target), { preface: false });
  await second.expectClosed();
  await first.roundTrip();
});
