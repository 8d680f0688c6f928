import assert from "node:assert/strict";
import { RpcServer } from "../rpc/mod.ts";
import { decodeHealth } from "../inspecting/health_method.ts";
import { startInteropServer } from "./interop/start_interop_server.ts";
import { runBroker, startBroker, startServer } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";
import { withTimeout } from "./support/with_timeout.ts";

const SERVICE = "bidirectional_databroker.BrokerService";

/** A server that gives these answers, octet by octet, to Check and Watch. */
function startHealthServer(answers: readonly Uint8Array[]) {
  const server = new RpcServer({ onHandlerError: () => {} });
  const octets = {
    requestSerialize: (octets: Uint8Array) => octets,
    requestDeserialize: (octets: Uint8Array) => octets,
    responseSerialize: (octets: Uint8Array) => octets,
    responseDeserialize: (octets: Uint8Array) => octets,
    requestStream: false,
  };
  const path = (name: string) => `/grpc.health.v1.Health/${name}`;
  // deno-lint-ignore no-explicit-any -- the definitions of grpc-js say Buffer where any octets will do.
  const definition: any = {
    Check: { ...octets, path: path("Check"), responseStream: false },
    Watch: { ...octets, path: path("Watch"), responseStream: true },
  };
  server.addService(definition, {
    Check: () => answers[0] ?? new Uint8Array(),
    Watch: async function* () {
      yield* answers;
    },
  });
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  if (address.kind !== "tcp") throw new Error("The server has no port");
  return {
    target: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: () =>
      withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "the health server to end"),
  };
}

Deno.test("health exits with 0 for SERVING, of a server and of a service", async () => {
  await using server = await startServer();
  for (const args of [[], [SERVICE]]) {
    const ran = await runBroker(["health", server.target, ...args]);
    assert.deepEqual(ran, { exitCode: 0, stdout: "SERVING\n", stderr: "" });
  }
});

Deno.test("health prints any other status and exits with 1", async () => {
  const rows: readonly (readonly [octets: number[], stdout: string])[] = [
    [[], "UNKNOWN\n"],
    [[0x08, 2], "NOT_SERVING\n"],
    [[0x08, 3], "SERVICE_UNKNOWN\n"],
    [[0x08, 9], "CODE_9\n"],
  ];
  for (const [octets, stdout] of rows) {
    await using server = startHealthServer([Uint8Array.from(octets)]);
    assert.deepEqual(await runBroker(["health", server.target]), {
      exitCode: 1,
      stdout,
      stderr: "",
    });
  }
});

Deno.test("health says why it cannot tell, and exits with 64 + code or 1", async () => {
  await using server = await startServer();
  await using bare = startInteropServer();
  const rows: readonly (readonly [args: string[], exitCode: number, stderr: RegExp])[] = [
    [
      [server.target, "no.Such"],
      64 + 5,
      /^error: Cannot check the health of "no\.Such": the server does not know a service of that name \(NOT_FOUND/,
    ],
    [
      [server.target, "BrokerService"],
      64 + 5,
      /\(NOT_FOUND.*\); write it in full, as broker list prints it\n$/,
    ],
    [[bare.target], 64 + 12, /the server has no grpc\.health\.v1\.Health \(UNIMPLEMENTED/],
    [["127.0.0.1:1"], 1, /^error: Cannot connect to 127\.0\.0\.1:1: no server listens there/],
    [["127.0.0.1"], 2, /^error: Cannot read the target "127\.0\.0\.1": it is neither host:port/],
    [["localhost"], 2, /^error: Cannot read the target "localhost"/],
  ];
  for (const [args, exitCode, stderr] of rows) {
    const ran = await runBroker(["health", ...args]);
    assert.match(ran.stderr, stderr);
    assert.deepEqual([ran.exitCode, ran.stdout], [exitCode, ""]);
  }
});

Deno.test("health --watch prints each change, until Ctrl-C or the server's end", async () => {
  await using server = await startServer();
  const running = startBroker(["health", server.target, SERVICE, "--watch"]);
  await running.untilPrinted("stdout", /^SERVING\n$/);
  running.io.interrupt();
  const { exitCode, stderr } = await running.ended();
  assert.deepEqual([exitCode, stderr], [130, ""]);

  const statuses = [1, 1, 2, 2, 1, 3].map((status) => Uint8Array.of(0x08, status));
  await using other = startHealthServer(statuses);
  assert.deepEqual(await runBroker(["health", other.target, "--watch"]), {
    exitCode: 1,
    stdout: "SERVING\nNOT_SERVING\nSERVING\nSERVICE_UNKNOWN\n",
    stderr: "",
  });
});

Deno.test("health --watch sees a server of ours stop", async () => {
  await using server = await startServer();
  const running = startBroker(["health", server.target, "--watch"]);
  await running.untilPrinted("stdout", /^SERVING\n$/);
  await server.stop();
  const { exitCode, stdout } = await running.ended();
  assert.equal(stdout, "SERVING\nNOT_SERVING\n");
  assert.notEqual(exitCode, 0);
});

Deno.test("decodeHealth() reads past fields that it does not know, and refuses what is cut off", () => {
  const rows: readonly (readonly [octets: number[], health: string])[] = [
    [[0x12, 2, 65, 66, 0x08, 1], "SERVING"],
    [[0x15, 0, 0, 0, 0, 0x08, 2], "NOT_SERVING"],
    [[0x19, 0, 0, 0, 0, 0, 0, 0, 0, 0x08, 1], "SERVING"],
    [[0x10, 0x80, 0x01, 0x08, 1], "SERVING"],
    [[0x08, 1, 0x08, 2], "NOT_SERVING"],
    // Field 16, whose tag has two octets; -1, which has ten.
    [[0x82, 0x01, 1, 0x08, 0x08, 1], "SERVING"],
    [[0x08, ...Array<number>(9).fill(0xff), 0x01], "CODE_-1"],
  ];
  for (const [octets, health] of rows) {
    assert.equal(decodeHealth(Uint8Array.from(octets)), health);
  }
  // A length of -6 would lead back to the first octet.
  const backwards = [0x12, 0xfa, 0xff, 0xff, 0xff, 0x0f];
  for (const octets of [[0x08], [0x12, 5, 1], [0x15, 0], [0x0b], [0x08, 0x80], backwards]) {
    assert.throws(() => decodeHealth(Uint8Array.from(octets)), Error, octets.join());
  }
});

Deno.test("health loads no package: a container asks it every few seconds", async () => {
  const { stdout, code } = await runProgram([
    Deno.execPath(),
    "info",
    "--json",
    "--no-lock",
    repositoryPath("health.ts"),
  ]);
  assert.equal(code, 0);
  const { roots, modules } = JSON.parse(stdout);
  const loaded = new Set<string>();
  for (const left: string[] = [...roots]; left.length > 0;) {
    const specifier = left.pop() ?? "";
    if (loaded.has(specifier)) continue;
    loaded.add(specifier);
    const found = modules.find((module: { specifier: string }) => module.specifier === specifier);
    for (const { isDynamic, code } of found?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier !== undefined) left.push(code.specifier);
    }
  }
  assert.ok(loaded.size > 20, "the graph was not read");
  assert.deepEqual([...loaded].filter((specifier) => specifier.startsWith("npm:")), []);
});
