import assert from "node:assert/strict";
import type { LoadReport } from "../loading/mod.ts";
import { type Ran, runBroker, startBroker, startServer } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { nodePeer, pythonPeer, startPeerServer, testWithPeers } from "./support/peers.ts";

const CALCULATOR = repositoryPath("tests/testdata/handlers/calculator.proto");
const CALCULATOR_HANDLERS = repositoryPath("tests/testdata/handlers/calculator.ts");
const INTEROP = repositoryPath("tests/peers/interop.proto");
const ENTRY = '{"id":5,"value":1.5}';
/** ENTRY, and what Negate and Square answer: a tag and a varint, a tag and a double. */
const ENTRY_OCTETS = 11;

function startCalculator() {
  return startServer([CALCULATOR, "--handlers", CALCULATOR_HANDLERS, "--log", "off"]);
}

/** Arguments of `bench` for a method of calculator.proto. */
function bench(target: string, method: string, ...flags: string[]): string[] {
  return ["bench", target, "--proto", CALCULATOR, "--method", method, ...flags];
}

function reportOf({ stdout, stderr }: Ran): LoadReport {
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

Deno.test("bench counts calls, messages and octets of methods that stream and that do not", async (t) => {
  await using server = await startCalculator();
  const rows: [method: string, flags: string[], wanted: object][] = [
    ["Negate", [], { kind: "unary", calls: 400, sent: 400, received: 400, latencies: 400 }],
    [
      "Square",
      ["--max-in-flight", "7"],
      { kind: "bidirectional", calls: 1, sent: 400, received: 400, latencies: 400 },
    ],
    [
      "Square",
      ["--messages", "10"],
      { kind: "bidirectional", calls: 40, sent: 400, received: 400, latencies: 400 },
    ],
    [
      "add_up",
      ["--messages", "50"],
      { kind: "client_streaming", calls: 8, sent: 400, received: 8, latencies: 8 },
    ],
  ];
  for (const [method, flags, wanted] of rows) {
    await t.step(`${method} ${flags.join(" ")}`, async () => {
      const args = bench(server.target, method, "-d", ENTRY, "-n", "400", "-O", "json", ...flags);
      const ran = await runBroker(args);
      const report = reportOf(ran);
      assert.equal(ran.exitCode, 0);
      assert.deepEqual({
        kind: report.kind,
        calls: report.calls.ok,
        sent: report.messages.sent,
        received: report.messages.received,
        latencies: report.latencyMs?.count,
      }, wanted);
      assert.deepEqual(report.statuses, { OK: report.calls.ok });
      assert.equal(report.calls.started, report.calls.finished);
      assert.equal(report.octets.sent, 400 * ENTRY_OCTETS);
      assert.ok(report.calls.perSecond > 0 && report.messages.sentPerSecond > 0);
      assert.equal(report.schedule, undefined);
    });
  }
});

Deno.test("bench uses several requests in turn", async () => {
  await using server = await startCalculator();
  const data = '{"id":1}\n[{"id":2}] {"id":300}';
  const ran = await runBroker(
    bench(server.target, "Negate", "-d", "@", "-n", "30", "-O", "json", "--streams", "1"),
    { stdin: data.replace(/[[\]]/g, "") },
  );
  // Two octets for a small id, three for 300, and its negative value adds none: -0 is sent as a double.
  assert.equal(reportOf(ran).octets.sent, 10 * (2 + 2 + 3));
});

Deno.test("bench --rps sends what is due, no more and no less", async () => {
  await using server = await startCalculator();
  const args = ["-d", ENTRY, "-z", "500ms", "--rps", "200", "-O", "json"];
  const report = reportOf(await runBroker(bench(server.target, "Negate", ...args)));
  assert.equal(report.loop, "open");
  assert.equal(report.targetPerSecond, 200);
  assert.equal(report.schedule?.due, 100);
  assert.equal((report.schedule?.missed ?? 0) + report.calls.ok, 100);
});

Deno.test("bench ends with the status when no call went well, with 3 when some did", async () => {
  await using server = await startCalculator();
  const all = await runBroker(bench(server.target, "Fail", "-d", '{"value":1}', "-n", "5"));
  assert.equal(all.exitCode, 64 + 3);
  assert.match(all.stdout, /^Statuses +INVALID_ARGUMENT \d$/m);
  assert.match(all.stdout, /^ {2}\d × INVALID_ARGUMENT: one is\\nnot allowed$/m);
  const some = await runBroker(
    bench(server.target, "Fail", "-d", '{"value":1}{"value":4}', "-n", "6", "--messages", "1"),
  );
  assert.equal(some.exitCode, 3);
  assert.match(some.stdout, /^Statuses +OK 3, INVALID_ARGUMENT 3$/m);
});

Deno.test("bench --fail-if ends with 99, and says which limit was passed", async () => {
  await using server = await startCalculator();
  const run = (...limits: string[]) =>
    runBroker(
      bench(
        server.target,
        "Negate",
        "-n",
        "50",
        ...limits.flatMap((limit) => ["--fail-if", limit]),
      ),
    );
  const kept = await run("p99>1000s", "errors>0", "rate<0.001");
  assert.deepEqual([kept.exitCode, kept.stderr], [0, ""]);
  const passed = await run("p50>0ms", "rate<10000000", "errors>0");
  assert.equal(passed.exitCode, 99);
  assert.match(
    passed.stderr,
    /^error: The run fails --fail-if "p50>0ms": p50 is \S+ ms\nerror: .*: rate is \S+ calls\/s\n$/,
  );
  const unread = await run("p42>1ms");
  assert.equal(unread.exitCode, 2);
  assert.match(unread.stderr, /Cannot use --fail-if "p42>1ms"/);
});

Deno.test("bench --max-time is the deadline of each call, and -z cuts off what goes on after it", async () => {
  await using server = await startCalculator();
  const args = ["-d", "{}", "-n", "20", "--messages", "10", "--max-time", "100ms", "-O", "json"];
  const ran = await runBroker(bench(server.target, "Hold", ...args));
  assert.equal(ran.exitCode, 64 + 4);
  assert.deepEqual(JSON.parse(ran.stdout).statuses, { DEADLINE_EXCEEDED: 2 });
});

Deno.test("bench goes on against a server that goes away, and ends", async () => {
  const server = await startCalculator();
  const running = startBroker(bench(server.target, "Negate", "-z", "1s", "--warmup", "100ms"));
  await server.stop();
  const { exitCode, stdout, stderr } = await running.ended();
  // It may have come too late to connect at all.
  if (stdout === "") assert.match(stderr, /Cannot connect/);
  else assert.match(stdout, /UNAVAILABLE/);
  assert.notEqual(exitCode, 0);
});

Deno.test("bench is interrupted in order, with the report so far", async () => {
  await using server = await startCalculator();
  const running = startBroker(bench(server.target, "Negate", "-z", "1h", "-O", "json"));
  await server.untilPrinted("stderr", /Listening/);
  running.io.interrupt();
  const { exitCode, stdout } = await running.ended();
  assert.equal(exitCode, 130);
  const report: LoadReport = JSON.parse(stdout);
  assert.equal(report.interrupted, true);
  assert.equal(report.calls.started, report.calls.finished);
});

Deno.test("bench refuses what it cannot do before anything is sent", async (t) => {
  await using server = await startCalculator();
  const rows: [args: string[], exitCode: number, stderr: RegExp][] = [
    [["--proto", CALCULATOR], 2, /Cannot choose among 6 methods: name one with --method, such as/],
    [["--proto", CALCULATOR, "--method", "Negat"], 1, /did you mean calculator.Calculator\/Negate/],
    [["--method", "Negate", "-d", "[]", "--proto", CALCULATOR], 1, /-d: it holds no message/],
    [["--method", "Negate", "-d", '{"ib":1}', "--proto", CALCULATOR], 1, /did you mean "id"/],
    [["--method", "Negate", "-d", "@no.json", "--proto", CALCULATOR], 1, /no such file/],
    [["--rps", "0"], 2, /Cannot use --rps "0"/],
  ];
  for (const [args, wanted, pattern] of rows) {
    await t.step(args.join(" "), async () => {
      const { exitCode, stdout, stderr } = await runBroker(["bench", server.target, ...args]);
      assert.match(stderr, pattern);
      assert.equal(stdout, "");
      assert.equal(exitCode, wanted);
    });
  }
});

for (
  const [name, peer] of [["grpc-js", await nodePeer()], ["grpcio", await pythonPeer()]] as const
) {
  testWithPeers({ peer }, `bench measures the four kinds on ${name}`, async ({ peer }, t) => {
    await using server = await startPeerServer(peer);
    const rows: [method: string, data: string, flags: string[], received: number][] = [
      ["Unary", '{"id":2,"replyOctets":100}', ["-n", "200"], 200],
      ["ServerStream", '{"count":50}', ["-n", "10"], 500],
      ["ClientStream", '{"id":2}', ["-n", "200", "--messages", "20"], 10],
      ["Bidi", '{"id":2}', ["-n", "200", "-c", "2", "--messages", "25"], 200],
      ["Bidi", '{"id":2}', ["-n", "50", "--rps", "500"], 50],
    ];
    for (const [method, data, flags, received] of rows) {
      await t.step(`${method} ${flags.join(" ")}`, async () => {
        const from = ["bench", server.target, "--proto", INTEROP, "--method", method, "-d", data];
        const ran = await runBroker([...from, "-O", "json", ...flags]);
        const report = reportOf(ran);
        assert.equal(ran.exitCode, 0);
        assert.equal(report.messages.received, received);
        assert.equal(report.calls.failed, 0);
      });
    }
    const refused = await runBroker(
      [
        "bench",
        server.target,
        "--proto",
        INTEROP,
        "--method",
        "Unary",
        "-d",
        '{"id":-5}',
        "-n",
        "20",
      ],
    );
    assert.equal(refused.exitCode, 64 + 5);
    assert.match(refused.stdout, /^ {2}20 × NOT_FOUND: refused: ☺ 100%$/m);
  });
}
