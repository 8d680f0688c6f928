// `serve --workers` over real sockets.
import assert from "node:assert/strict";
import { sendToken } from "../interceptors/mod.ts";
import {
  Channel,
  type ChannelOptions,
  type MethodDefinition,
  RpcError,
  Status,
} from "../rpc/mod.ts";
import { loadSchema } from "../schema/mod.ts";
import { runBroker, type RunningServer, startServer, temporaryFolder } from "./support/broker.ts";
import { startBrokerProcess } from "./support/broker_process.ts";
import { repositoryPath } from "./support/paths.ts";
import { withTimeout } from "./support/with_timeout.ts";

const PROTO = repositoryPath("tests/testdata/handlers/calculator.proto");
const HANDLERS = repositoryPath("tests/testdata/handlers/workers.ts");
const { services: [{ definition }] } = await loadSchema([PROTO]);
const NEGATE = definition.Negate as MethodDefinition<Entry, Entry>;
const SQUARE = definition.Square as MethodDefinition<Entry, Entry>;
const SERVE = [PROTO, "--handlers", HANDLERS, "--workers", "2"];
/** The kernel gives a connection to either worker: that all of so many go to one of them happens once in 10^12 runs. */
const MANY = 40;
const CALLS_MS = 30_000;

interface Entry {
  readonly id: number;
  readonly value: number;
}

/** One call on a connection of its own; returns the number of the worker. */
async function ask(
  { target }: Pick<RunningServer, "target">,
  value = 0,
  options: ChannelOptions = {},
): Promise<number> {
  using channel = new Channel(target, options);
  const answer = channel.unary(NEGATE, { id: 1, value });
  return (await withTimeout(answer, CALLS_MS, "the answer")).value;
}

/** Calls on so many connections until each worker has answered; the numbers of the workers. */
async function askAll(server: RunningServer, options?: ChannelOptions): Promise<Set<number>> {
  const workers = new Set<number>();
  for (let count = 0; count < MANY; count++) workers.add(await ask(server, 0, options));
  return workers;
}

async function codeOf(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return Status.OK;
  } catch (error) {
    assert.ok(error instanceof RpcError);
    return error.code;
  }
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

Deno.test("serve --workers spreads connections over threads of one port, with one log", async () => {
  const server = await startServer(SERVE);
  assert.equal((await askAll(server)).size, 2);
  const { exitCode, stdout, stderr } = await server.stop();
  assert.deepEqual([exitCode, stdout], [0, ""]);
  assert.match(
    stderr,
    /^Listening on 127\.0\.0\.1:\d+: calculator\.Calculator, calculator\.Troublemaker \(2 workers\)$/m,
  );
  assert.equal(countOf(stderr, "/calculator.Calculator/Negate 127.0.0.1:"), MANY);
  // Each worker finds it out, and it is said once.
  assert.equal(countOf(stderr, "calculator.Troublemaker/Hold has no handler"), 1);
});

Deno.test("serve --workers 0 takes a thread per core", async () => {
  const server = await startServer(["--workers", "0"]);
  const { stderr } = await server.stop();
  const count = navigator.hardwareConcurrency;
  assert.equal(stderr.includes(`BrokerService (${count} workers)\n`), count > 1, stderr);
});

Deno.test("serve --workers counts the calls of all workers in its metrics", async () => {
  await using server = await startServer([...SERVE, "--web-port", "0"]);
  const [, page] = await server.untilPrinted("stderr", /^Page on (\S+)$/m);
  assert.equal((await askAll(server)).size, 2);
  const metrics = await (await fetch(`${page}/metrics`)).text();
  const total = /^grpc_server_handled_total\{.*grpc_method="Negate",grpc_code="OK"\} (\d+)$/m;
  assert.equal(total.exec(metrics)?.[1], `${MANY}`, metrics);
  const { workers } = await (await fetch(`${page}/api/server`)).json();
  assert.equal(workers, 2);
  for (const path of ["/healthz", "/readyz"]) {
    const response = await fetch(page + path);
    await response.body?.cancel();
    assert.equal(response.status, 200, path);
  }
});

Deno.test("serve --workers lets open streams of each worker finish after a signal", async () => {
  const server = await startServer([...SERVE, "--grace", "20s"]);
  const channels: Channel[] = [];
  const calls = [];
  for (let count = 0; count < MANY; count++) {
    const channel = new Channel(server.target);
    channels.push(channel);
    const call = channel.call(SQUARE);
    call.send({ id: count, value: 0 });
    assert.equal((await call.responses.next()).value?.id, count);
    calls.push(call);
  }
  server.io.interrupt();
  await server.untilPrinted("stderr", /^Stopping: calls have 20 s to finish$/m);
  for (const [count, call] of calls.entries()) {
    call.send({ id: count + 1, value: 0 });
    call.end();
    const answer = withTimeout(call.responses.next(), CALLS_MS, "the answer after the signal");
    assert.equal((await answer).value?.id, count + 1);
    assert.equal((await call.responses.next()).done, true);
  }
  const { exitCode, stderr } = await server.ended();
  for (const channel of channels) channel.close();
  assert.equal(exitCode, 0);
  assert.equal(countOf(stderr, "/Square "), MANY);
  assert.equal(countOf(stderr, " OK in=2 out=2 "), MANY);
});

/** A `serve` of two workers that is a process of its own, one of the two busy for ever. */
async function startBusy(graceMs: number) {
  const where = ["--host", "127.0.0.1", "--port", "0", "--no-web", "--grace", `${graceMs}ms`];
  const broker = startBrokerProcess(["serve", ...SERVE, ...where]);
  const [, target = ""] = await broker.untilSaid(/^Listening on (\S+): /m);
  const lost = codeOf(ask({ target }, 2));
  // The connections that the other worker gets are answered.
  const others = Array.from({ length: MANY }, () => codeOf(ask({ target })));
  assert.equal(await Promise.race(others), Status.OK);
  return { broker, calls: Promise.all([lost, ...others]) };
}

Deno.test("serve --workers ends after the grace, though a handler of a worker never returns", async () => {
  const { broker, calls } = await startBusy(0);
  await using _ = broker;
  broker.signal("SIGTERM");
  const { code, stderr } = await broker.ended();
  assert.equal(code, 0);
  assert.match(stderr, /^error: Worker \d did not stop in time and is ended: /m);
  const [lost, ...others] = await calls;
  assert.equal(lost, Status.UNAVAILABLE);
  assert.deepEqual([...new Set(others)].sort(), [Status.OK, Status.UNAVAILABLE]);
});

Deno.test("serve --workers ends at once on a second signal", async () => {
  const { broker, calls } = await startBusy(3_600_000);
  await using _ = broker;
  broker.signal("SIGTERM");
  await broker.untilSaid(/^Stopping: /m);
  broker.signal("SIGINT");
  assert.equal((await broker.ended()).code, 130);
  await calls;
});

Deno.test("serve --workers starts another worker when one ends, and serves on", async () => {
  const server = await startServer(SERVE);
  for (let count = 1; count <= 2; count++) {
    assert.equal(await codeOf(ask(server, 1)), Status.UNAVAILABLE);
    const told =
      "error: Worker \\d ended \\(exit code 3\\); its calls are lost, another is started\n" +
      "Worker \\d listens again\n[^]*";
    await server.untilPrinted("stderr", new RegExp(`(?:${told}){${count}}`));
    assert.equal((await askAll(server)).size, 2);
  }
  const { exitCode, stderr } = await server.stop();
  assert.equal(exitCode, 0);
  // Those that came later have nothing to add.
  assert.equal(countOf(stderr, "calculator.Troublemaker/Hold has no handler"), 1);
});

/** Modules that fetch from it load only while it is open. */
function openGate() {
  let passage = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async () => {
    await passage.promise;
    return new Response();
  });
  passage.resolve();
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    close: () => passage = Promise.withResolvers(),
    open: () => passage.resolve(),
    [Symbol.asyncDispose]() {
      passage.resolve();
      return server.shutdown();
    },
  };
}

Deno.test("serve --workers is not ready as long as each of its workers is being replaced", async () => {
  await using folder = await temporaryFolder();
  await using gate = openGate();
  // No types to check: each worker would, at its start.
  const path = `${folder.path}/handlers.js`;
  const waiting = `export * from "file://${HANDLERS}";\nawait (await fetch("${gate.url}")).text();`;
  await Deno.writeTextFile(path, waiting);
  const args = [PROTO, "--handlers", path, "--workers", "2", "--web-port", "0"];
  const server = await startServer(args);
  const [, page] = await server.untilPrinted("stderr", /^Page on (\S+)$/m);
  const ready = async () => {
    const response = await fetch(`${page}/readyz`);
    return [response.status, await response.text()];
  };
  gate.close();
  for (const [count, answer] of [[1, [200, "ready\n"]], [2, [503, "starting\n"]]]) {
    assert.equal(await codeOf(ask(server, 1)), Status.UNAVAILABLE);
    const ended = new RegExp(`(?:^error: Worker \\d ended .*\n){${count}}`, "m");
    await server.untilPrinted("stderr", ended);
    assert.deepEqual(await ready(), answer);
  }
  const metrics = await fetch(`${page}/metrics`);
  assert.equal(metrics.status, 503, await metrics.text());
  gate.open();
  await server.untilPrinted("stderr", /^Worker \d listens again$/m);
  assert.deepEqual(await ready(), [200, "ready\n"]);
  assert.equal((await server.stop()).exitCode, 0);
});

Deno.test("serve --workers ends with 1 when no worker is left and none can be started", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/handlers.ts`;
  await Deno.copyFile(HANDLERS, path);
  const server = await startServer([PROTO, "--handlers", path, "--workers", "2"]);
  await Deno.remove(path);
  assert.equal(await codeOf(ask(server, 1)), Status.UNAVAILABLE);
  await server.untilPrinted("stderr", /^error: Cannot start worker \d again: Cannot load the /m);
  // The other one still answers.
  await ask(server);
  assert.equal(await codeOf(ask(server, 1)), Status.UNAVAILABLE);
  const { exitCode, stderr } = await server.ended();
  assert.equal(exitCode, 1);
  assert.match(stderr, /^error: Cannot load the handlers "\S+": there is no such file\n$/m);
});

Deno.test("serve --workers survives an exception that no handler of a worker catches", async () => {
  const server = await startServer(SERVE);
  const worker = await ask(server, 3);
  await server.untilPrinted(
    "stderr",
    /^error: An error outside of any call was not caught: nobody catches this$/m,
  );
  assert.ok((await askAll(server)).has(worker));
  assert.doesNotMatch((await server.stop()).stderr, /another is started/);
});

Deno.test("serve --workers reads its tokens again on SIGHUP, in each worker", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/tokens`;
  await Deno.writeTextFile(path, "secret-one\n", { mode: 0o600 });
  const server = await startServer([...SERVE, "--token-file", path, "--web-port", "0"]);
  const [, page] = await server.untilPrinted("stderr", /^Page on (\S+)$/m);
  const withToken = (token: string) => ({ interceptors: [sendToken(token)] });
  const pageStatus = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${page}/metrics`, { headers });
    await response.body?.cancel();
    return response.status;
  };
  assert.equal((await askAll(server, withToken("secret-one"))).size, 2);
  assert.equal(await codeOf(ask(server)), Status.UNAUTHENTICATED);
  assert.equal(await pageStatus("secret-one"), 200);

  await Deno.writeTextFile(path, "secret-two\n");
  server.io.hangUp();
  const reloaded = /^Read the tokens again: those in "\S+" are taken from now on$/m;
  await server.untilPrinted("stderr", reloaded);
  // Said by the first worker that is done: the other one, and the page, may be a moment behind.
  await untilTrue(async () => {
    const codes = await Promise.all(
      Array.from({ length: MANY }, () => codeOf(ask(server, 0, withToken("secret-one")))),
    );
    return codes.every((code) => code === Status.UNAUTHENTICATED) &&
      await pageStatus("secret-one") === 401;
  });
  assert.equal((await askAll(server, withToken("secret-two"))).size, 2);
  assert.equal(await pageStatus("secret-two"), 200);
  const { stderr } = await server.stop();
  assert.equal(countOf(stderr, "Read the tokens again"), 1, stderr);
});

/** Asks again until the answer is yes, for a limited time. */
async function untilTrue(question: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + CALLS_MS;
  while (!await question()) assert.ok(performance.now() < endMs, "it never came true");
}

Deno.test("serve --workers refuses a port that is in use, and so does who comes after it", async (t) => {
  await using shared = await startServer(SERVE);
  await using alone = await startServer([PROTO, "--handlers", HANDLERS]);
  const rows: readonly (readonly [name: string, server: RunningServer, workers: string])[] = [
    ["two after two", shared, "2"],
    ["one after two", shared, "1"],
    ["two after one", alone, "2"],
  ];
  for (const [name, { target }, workers] of rows) {
    await t.step(name, async () => {
      const [host = "", port = ""] = target.split(":");
      const where = ["--host", host, "--port", port, "--no-web"];
      assert.deepEqual(await runBroker(["serve", ...where, "--workers", workers]), {
        exitCode: 1,
        stdout: "",
        stderr: `error: Cannot listen on ${target}: ` +
          "it is in use; stop the other program or choose another port with --port\n",
      });
    });
  }
});

Deno.test("serve --workers says once why it cannot start, as one thread does", async (t) => {
  await using folder = await temporaryFolder();
  const file = async (name: string, text: string) => {
    await Deno.writeTextFile(`${folder.path}/${name}`, text);
    return `${folder.path}/${name}`;
  };
  const rows: Record<string, readonly string[]> = {
    "no such file": ["--handlers", `${folder.path}/missing.ts`],
    "syntax": ["--handlers", await file("syntax.ts", "export const handlers = {\n  a: }\n")],
    "throws": ["--handlers", await file("throws.js", 'throw new Error("no model.bin here");')],
    "does not fit": ["--handlers", await file("misfit.js", "export const handlers = { No() {} };")],
    "no tokens": ["--token-file", await file("tokens", "# none\n")],
    "no host": ["--host", "nohost.invalid"],
    "a foreign host": ["--host", "203.0.113.1"],
  };
  for (const [name, flags] of Object.entries(rows)) {
    await t.step(name, async () => {
      const where = flags.includes("--host") ? [] : ["--host", "127.0.0.1", "--port", "0"];
      const args = ["serve", ...where, "--no-web", ...flags];
      const alone = await runBroker(args);
      assert.equal(alone.exitCode, 1);
      assert.deepEqual(await runBroker([...args, "--workers", "2"]), alone);
    });
  }
});

Deno.test("serve --workers tells the stack of a start that failed to who asks for it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/throws.js`;
  await Deno.writeTextFile(path, 'throw new Error("no model.bin here");');
  const args = ["serve", "--host", "127.0.0.1", "--port", "0", "--no-web", "--handlers", path];
  const { stderr } = await runBroker([...args, "--workers", "2", "--verbose"]);
  assert.equal(countOf(stderr, "error: Cannot load the handlers"), 1, stderr);
  assert.match(stderr, /throws\.js:1:7/);
});

Deno.test("serve --workers refuses a Unix socket before anything is read", async () => {
  const args = ["serve", "none.proto", "--handlers", "none.ts", "--host", "unix:/s"];
  assert.deepEqual(await runBroker([...args, "--workers", "2"]), {
    exitCode: 2,
    stdout: "",
    stderr: "error: Cannot combine --workers 2 with --host unix:…: " +
      "a Unix socket has one listener; serve TCP\n",
  });
  const { exitCode } = await runBroker(["serve", "--workers", "65"]);
  assert.equal(exitCode, 2);
});

Deno.test("serve --workers --quiet says the port that it picked, and no more", async () => {
  const server = await startServer(["--workers", "2", "--quiet"]);
  const { stderr } = await server.stop();
  assert.match(
    stderr,
    /^Listening on \S+: bidirectional_databroker\.BrokerService \(2 workers\)\n$/,
  );
});

Deno.test("serve --workers gives each worker its share of --max-connections", async () => {
  await using server = await startServer([...SERVE, "--max-connections", "2"]);
  const channels: Channel[] = [];
  const workers = new Set<number>();
  for (let count = 0; count < MANY; count++) {
    const channel = new Channel(server.target);
    channels.push(channel);
    // One that is refused gets no answer, however long it waits.
    const answer = channel.unary(NEGATE, { id: 1, value: 0 });
    await answer.then(({ value }) => {
      assert.ok(!workers.has(value), "a worker took a second connection");
      workers.add(value);
    }, (error) => assert.equal(error.code, Status.UNAVAILABLE));
  }
  for (const channel of channels) channel.close();
  assert.equal(workers.size, 2);
});
