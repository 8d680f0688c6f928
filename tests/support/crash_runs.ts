/** Runs of `broker stream` whose server or whose own process is killed: each row is to be in the output once. */
import assert from "node:assert/strict";
import { temporaryFolder } from "./broker.ts";
import { type BrokerProcess, startBrokerProcess } from "./broker_process.ts";
import { withTimeout } from "./with_timeout.ts";

async function writeRows(path: string, count: number): Promise<void> {
  const lines = Array.from({ length: count }, (_, index) => `${index + 1},${index % 50},1,2,3\n`);
  await Deno.writeTextFile(path, `id,sensor1,sensor2,sensor3,sensor4\n${lines.join("")}`);
}

/** A server on this port, which was free a moment ago. */
async function startServer(port: number): Promise<BrokerProcess> {
  const server = startBrokerProcess([
    "serve",
    ...["--host", "127.0.0.1", "--port", String(port), "--no-web", "--log", "off"],
  ]);
  await server.untilSaid(/Listening on /);
  return server;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until the file has so many lines. */
async function untilLines(path: string, count: number): Promise<void> {
  const look = async () => {
    for (;;) {
      const text = await Deno.readTextFile(path).catch(() => "");
      if (text.split("\n").length > count) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await withTimeout(look(), 60_000, `${count} lines in ${path}`);
}

async function assertEachRowOnce(path: string, count: number): Promise<void> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  assert.equal(lines.at(-1), "");
  const ids = lines.slice(1, -1).map((line) => Number(line.slice(0, line.indexOf(","))));
  assert.equal(ids.length, count);
  assert.deepEqual(ids, Array.from({ length: count }, (_, index) => index + 1));
}

/** Kills the server three times during a run with `--retry`. Returns what the client said. */
export async function runWithDyingServer(rows: number): Promise<string> {
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  const output = `${folder.path}/answers.csv`;
  await writeRows(input, rows);
  const port = freePort();
  let server = await startServer(port);
  try {
    await using client = startBrokerProcess([
      "stream",
      ...[input, `127.0.0.1:${port}`, "-o", output, "--retry", "20", "--rate", String(rows * 0.4)],
    ]);
    for (const lines of [0.1, 0.3, 0.55].map((share) => share * rows)) {
      await untilLines(output, lines);
      await server.kill();
      server = await startServer(port);
    }
    const { code, stderr } = await client.ended();
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Trying again in \S+ s \(1 of 20\)/);
    const count = rows.toLocaleString("en");
    assert.ok(stderr.includes(`${count} answered, 0 rejected in `), stderr);
    await assertEachRowOnce(output, rows);
    return stderr;
  } finally {
    await server.kill();
  }
}

/** Kills the client three times during a run with `--checkpoint`, and goes on. Returns what the last one said. */
export async function runDyingClient(rows: number): Promise<string> {
  await using folder = await temporaryFolder();
  const input = `${folder.path}/rows.csv`;
  const output = `${folder.path}/answers.csv`;
  const checkpoint = `${folder.path}/run.checkpoint`;
  await writeRows(input, rows);
  const port = freePort();
  await using _server = await startServer(port);
  const args = [
    "stream",
    ...[input, `127.0.0.1:${port}`, "-o", output, "--checkpoint", checkpoint],
  ];
  for (const lines of [0.1, 0.35, 0.6].map((share) => share * rows)) {
    await using client = startBrokerProcess([...args, "--rate", String(rows / 4)]);
    await untilLines(output, lines);
    await client.kill();
  }
  await using client = startBrokerProcess(args);
  const { code, stderr } = await client.ended();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Going on after row [1-9]\d+$/m);
  await assertEachRowOnce(output, rows);
  await using again = startBrokerProcess(args);
  const finished = await again.ended();
  assert.equal(finished.code, 0);
  assert.match(
    finished.stderr,
    /^"\S+" was streamed to its end before, says "\S+": nothing to do$/m,
  );
  await assertEachRowOnce(output, rows);
  return stderr;
}
