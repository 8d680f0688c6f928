/** `broker` as users start it: a process of its own, real signals, pipes and exit codes. */
import assert from "node:assert/strict";
import denoConfig from "../deno.json" with { type: "json" };
import { INJECTED_ANOMALIES } from "../dataset/generate.ts";
import { temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { collectText, runProgram } from "./support/run_program.ts";
import { listenScripted, type ScriptedPeer } from "./support/scripted_peer.ts";
import { concat, data, envelope, grpcResponse, grpcTrailers, headers } from "./support/wire.ts";
import { withTimeout } from "./support/with_timeout.ts";

const BROKER = [Deno.execPath(), "run", "-A", repositoryPath("main.ts")] as const;
const SENSORS = repositoryPath("dataset/sensors.csv");
/** A scripted server has no reflection. */
const SCHEMA = ["--proto", repositoryPath("proto/databroker.proto")];
const TIMEOUT_MS = 15_000;

/** A `broker` process whose stdin stays open. */
interface BrokerProcess extends AsyncDisposable {
  readonly child: Deno.ChildProcess;
  /** Waits until what was printed so far matches. */
  untilPrinted(where: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray>;
  /** Closes stdin if need be and waits for the end. */
  ended(): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>;
}

function spawnBroker(args: readonly string[], input = ""): BrokerProcess {
  const [program, ...first] = BROKER;
  const child = new Deno.Command(program, {
    args: [...first, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { stdout: "", stderr: "" };
  let changed = Promise.withResolvers<void>();
  const collect = (where: keyof typeof printed) =>
    collectText(child[where], (text) => {
      printed[where] = text;
      changed.resolve();
      changed = Promise.withResolvers();
    });
  const outputs = Promise.all([collect("stdout"), collect("stderr")]);
  const stdin = child.stdin.getWriter();
  // A process that has ended takes no input; its exit code tells more.
  if (input !== "") stdin.write(new TextEncoder().encode(input)).catch(() => {});
  const command = `broker ${args.join(" ")}`;
  const search = async (where: keyof typeof printed, pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(printed[where]);
      if (match !== null) return match;
      await changed.promise;
    }
  };
  return {
    child,
    untilPrinted: (where, pattern) =>
      withTimeout(search(where, pattern), TIMEOUT_MS, `"${command}" to print ${pattern}`),
    async ended() {
      const { code } = await withTimeout(child.status, TIMEOUT_MS, `"${command}" to end`);
      await outputs;
      return { code, ...printed };
    },
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGKILL");
      } catch (error) {
        // It has ended already.
        if (!(error instanceof TypeError)) throw error;
      }
      await child.status;
      await outputs;
      await stdin.close().catch(() => {});
    },
  };
}

/** Starts `serve` and waits until it listens. */
async function spawnServer(args: readonly string[] = []) {
  const server = spawnBroker(["serve", "--host", "127.0.0.1", "--port", "0", "--no-web", ...args]);
  const [, target = ""] = await server.untilPrinted("stderr", /^Listening on (\S+): /m);
  return { ...server, target };
}

/** Waits for the call and its rows, which are as short as `id 1`. */
async function acceptRows(
  listener: { accept(): Promise<ScriptedPeer> },
  count: number,
): Promise<ScriptedPeer> {
  const peer = await withTimeout(listener.accept(), TIMEOUT_MS, "the client");
  await peer.expectHeaders(1);
  await peer.expectData(1, count * 7);
  return peer;
}

function answers(...ids: number[]): Uint8Array {
  return data(1, concat(ids.map((id) => envelope(Uint8Array.of(8, id, 16, 1)))));
}

Deno.test("broker --version, --help and a wrong command as processes", async () => {
  const [version, help, wrong] = await Promise.all([
    runProgram([...BROKER, "--version"]),
    runProgram([...BROKER, "stream", "--help"]),
    runProgram([...BROKER, "steam"]),
  ]);
  assert.deepEqual(version, {
    code: 0,
    stdout: `broker ${denoConfig.version} (Deno ${Deno.version.deno})\n`,
    stderr: "",
  });
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Stream the rows of a CSV file/);
  assert.deepEqual(wrong, {
    code: 2,
    stdout: "",
    stderr: 'error: Unknown command "steam": did you mean "broker stream"?\n',
  });
});

Deno.test("broker serve and broker stream as processes, ended by SIGTERM", async () => {
  await using server = await spawnServer();
  const fromFile = await runProgram([...BROKER, "stream", SENSORS, server.target]);
  assert.equal(fromFile.code, 0, fromFile.stderr);
  const found = fromFile.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(found.length, 2000);
  const anomalies = found.filter(({ prediction }) => prediction).map(({ id }) => id);
  assert.deepEqual(anomalies, INJECTED_ANOMALIES.map(({ id }) => id));
  assert.match(fromFile.stderr, /^2,000 rows read, 2,000 sent, 2,000 answered, 0 rejected in /);

  const [fromPipe, badRow] = await Promise.all([
    runProgram([...BROKER, "stream", "-", server.target, "-O", "csv", "-q"], { input: "id\n7\n" }),
    runProgram([...BROKER, "stream", "-", server.target], { input: "id\n1\nx\n" }),
  ]);
  assert.deepEqual(fromPipe, { code: 0, stdout: "id,prediction\n7,false\n", stderr: "" });
  assert.deepEqual([badRow.code, badRow.stdout], [1, '{"id":1,"prediction":false}\n']);

  server.child.kill("SIGTERM");
  const { code, stdout, stderr } = await server.ended();
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(stderr, / OK in=2000 out=2000 [^]*Stopping: calls have 8 s to finish\n$/);
});

Deno.test("broker serve waits for a call after a signal, and ends at once on the second", async () => {
  const proto = repositoryPath("tests/testdata/handlers/calculator.proto");
  const handlers = repositoryPath("tests/testdata/handlers/calculator.ts");
  await using server = await spawnServer([proto, "--handlers", handlers, "--grace", "10m"]);
  const flags = ["--proto", proto, "--method", "Hold"];
  await using client = spawnBroker(["stream", "-", server.target, ...flags], "id\n1\n2\n");
  await client.untilPrinted("stdout", /"id":1/);
  server.child.kill("SIGINT");
  await server.untilPrinted("stderr", /Stopping: calls have 600 s to finish/);
  server.child.kill("SIGTERM");
  assert.equal((await server.ended()).code, 130);
  const cut = await client.ended();
  assert.equal(cut.code, 78);
  assert.equal(cut.stdout, '{"id":1,"value":0}\n');
});

Deno.test("broker serve ends on the first signal though its handlers load for ever", async (t) => {
  await using folder = await temporaryFolder();
  const handlers = `${folder.path}/endless.ts`;
  const source = 'console.error("loads");\nawait new Promise((done) => setTimeout(done, 1e9));\n';
  await Deno.writeTextFile(handlers, source);
  for (const workers of ["1", "2"]) {
    await t.step(`in ${workers} of them`, async () => {
      const flags = ["--handlers", handlers, "--workers", workers, "--port", "0", "--no-web"];
      await using server = spawnBroker(["serve", ...flags]);
      await server.untilPrinted("stderr", /loads/);
      server.child.kill("SIGTERM");
      const { code, stderr } = await server.ended();
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^Stopping: it was not listening yet$/m);
    });
  }
});

Deno.test("broker stream ends with the call though nobody closes its stdin", async () => {
  await using listener = listenScripted();
  await using client = spawnBroker(
    ["stream", "-", `127.0.0.1:${listener.port}`, ...SCHEMA],
    "id\n1\n2\n",
  );
  await using peer = await acceptRows(listener, 2);
  const end = headers(1, grpcTrailers(0), { endStream: true });
  await peer.send(headers(1, grpcResponse()), answers(1, 2), end);
  const { code, stdout, stderr } = await client.ended();
  assert.deepEqual([code, stdout.split("\n").length], [3, 3]);
  assert.match(stderr, /before the end of "stdin": 2 of 2 rows sent were answered/);
});

Deno.test("broker stream prints what it has and the summary on SIGINT, and ends with 130", async () => {
  await using listener = listenScripted();
  await using client = spawnBroker(
    ["stream", "-", `127.0.0.1:${listener.port}`, ...SCHEMA],
    "id\n1\n2\n",
  );
  await using peer = await acceptRows(listener, 2);
  await peer.send(headers(1, grpcResponse()), answers(1));
  await client.untilPrinted("stdout", /\n/);
  client.child.kill("SIGINT");
  await client.untilPrinted("stderr", /Interrupted: the server has 5 s/);
  await peer.send(answers(2), headers(1, grpcTrailers(0), { endStream: true }));
  const { code, stdout, stderr } = await client.ended();
  assert.deepEqual([code, stdout.split("\n").length], [130, 3]);
  assert.match(stderr, /\n2 rows read, 2 sent, 2 answered, 0 rejected in .*\nlatency .*\n$/);
});

Deno.test("broker stream ends with 78 when the server is killed", async () => {
  await using server = await spawnServer();
  await using client = spawnBroker(["stream", "-", server.target, "-O", "csv"], "id\n1\n2\n");
  await client.untilPrinted("stdout", /\n2,false\n/);
  server.child.kill("SIGKILL");
  const { code, stdout, stderr } = await client.ended();
  assert.deepEqual([code, stdout], [78, "id,prediction\n1,false\n2,false\n"]);
  assert.match(stderr, /error: The call ended with UNAVAILABLE: /);
});

Deno.test("broker stream | head ends quietly", async () => {
  await using server = await spawnServer(["--log", "off"]);
  await using folder = await temporaryFolder();
  const path = `${folder.path}/long.csv`;
  await Deno.writeTextFile(path, `id\n${"1\n".repeat(300_000)}`);
  const stream = [...BROKER, "stream", path, server.target].join(" ");
  const { code, stdout, stderr } = await runProgram([
    "sh",
    "-c",
    `{ ${stream}; echo "ended with $?" >&2; } | head -n 2`,
  ], { timeoutMs: TIMEOUT_MS });
  assert.deepEqual([code, stdout], [0, '{"id":1,"prediction":false}\n'.repeat(2)]);
  assert.equal(stderr, "ended with 0\n");
});
