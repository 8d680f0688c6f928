import assert from "node:assert/strict";
import { EMBEDDED } from "../release/embedded.ts";
import { startBrokerProcess } from "./support/broker_process.ts";
import { startServer, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import { runProgram } from "./support/run_program.ts";
import { traceModules } from "./support/trace_modules.ts";

/** What "broker --version" may take, as a multiple of an empty program: 1.25 as this was written. */
const MAX_VERSION_RATIO = 1.5;
/** Runs of each program: the fastest of them is what it takes when nobody disturbs. */
const MIN_RUNS = 8;
/** So many before a ratio that is too high counts: noise only ever adds. */
const MAX_RUNS = 60;
/** What "serve" may take until it listens; 110 as this was written. */
const MAX_SERVE_MS = 300;

/** Our files that "broker --version" loads; each costs about 0.1 ms. */
const MAX_VERSION_MODULES = 25;

/** What no command needs that does not say so: each costs 5 to 50 ms. */
const HEAVY = {
  timers: /^(?:node:|ext:deno_node\/)timers\b/,
  crypto: /^(?:node:crypto|ext:deno_node\/crypto\.ts)$/,
  zlib: /^(?:node:zlib|ext:deno_node\/zlib\.js)$/,
  http2: /^(?:node:http2|ext:deno_node\/http2\.ts)$/,
  grpcJs: /^npm:@grpc\/grpc-js$/,
  protobufjs: /^npm:(?:@?protobufjs|@grpc\/proto-loader)/,
  protobufEs: /^npm:@bufbuild\/protobuf$/,
  x509: /^npm:@peculiar\/|^npm:reflect-metadata$/,
  histogram: /^npm:hdr-histogram-js$/,
  packages: /^npm:/,
} as const satisfies Record<string, RegExp>;

/** Folders that a command has nothing to do with. */
function folders(...names: string[]): RegExp {
  return new RegExp(`^(?:${names.join("|")})/`);
}

const NEVER_WANTED = [HEAVY.grpcJs, HEAVY.http2, HEAVY.crypto, HEAVY.x509, folders("tests")];
const NOT_THE_COMMAND_LINE = /^(?!cli\/|main\.ts$|deno\.json$)/;

async function fastest(run: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await run();
  return performance.now() - startedMs;
}

Deno.test("broker --version takes less than 1.5 times an empty program", async () => {
  await using folder = await temporaryFolder();
  const empty = `${folder.path}/empty.ts`;
  await Deno.writeTextFile(empty, "");
  const start = (...args: string[]) =>
    fastest(async () => {
      const { code, stderr } = await runProgram([Deno.execPath(), "run", "-A", ...args]);
      assert.equal(code, 0, stderr);
    });
  let [emptyMs, versionMs] = [Infinity, Infinity];
  for (let runs = 1; runs <= MAX_RUNS; runs++) {
    // In turns, so that what else the machine does meets both.
    emptyMs = Math.min(emptyMs, await start(empty));
    versionMs = Math.min(versionMs, await start(repositoryPath("main.ts"), "--version"));
    if (runs >= MIN_RUNS && versionMs < MAX_VERSION_RATIO * emptyMs) return;
  }
  assert.fail(`${versionMs.toFixed(1)} ms against ${emptyMs.toFixed(1)} ms`);
});

Deno.test("broker serve listens within 300 ms", async () => {
  let serveMs = Infinity;
  for (let runs = 0; runs < MIN_RUNS && serveMs > MAX_SERVE_MS; runs++) {
    const ms = await fastest(async () => {
      await using server = startBrokerProcess(["serve", "--host", "127.0.0.1", "--port", "0"]);
      await server.untilSaid(/^Listening on /m);
    });
    serveMs = Math.min(serveMs, ms);
  }
  assert.ok(serveMs < MAX_SERVE_MS, `${serveMs.toFixed(1)} ms`);
});

Deno.test("each command loads what it uses and nothing else", async (t) => {
  await using server = await startServer();
  await using folder = await temporaryFolder();
  const csv = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(csv, "id,sensor1,sensor2,sensor3,sensor4\n1,1,2,3,4\n");
  const method = "bidirectional_databroker.BrokerService/BidirectionalStreaming";
  const listening = { until: /^Listening on /m };
  const rows: [
    args: string[],
    forbidden: readonly RegExp[],
    options?: { readonly until: RegExp },
  ][] = [
    [["--version"], [NOT_THE_COMMAND_LINE, /^cli\/commands\//]],
    [["--help"], [NOT_THE_COMMAND_LINE]],
    [["stream", "--help"], [NOT_THE_COMMAND_LINE, /^cli\/commands\/(?:serve|call|bench)_spec/]],
    [["completions", "bash"], [NOT_THE_COMMAND_LINE]],
    [["serve", "--host", "127.0.0.1", "--port", "0"], [
      ...NEVER_WANTED,
      HEAVY.zlib,
      HEAVY.histogram,
      HEAVY.protobufEs,
      folders("streaming", "tabular", "codegen", "calling", "loading", "inspecting", "json"),
    ], listening],
    [["stream", csv, server.target], [
      ...NEVER_WANTED,
      HEAVY.protobufEs,
      folders("services", "serving", "dashboard", "codegen", "calling", "loading", "scaffolding"),
    ]],
    [["call", server.target, method, "-d", "{}"], [
      ...NEVER_WANTED,
      HEAVY.histogram,
      folders("services", "serving", "dashboard", "codegen", "streaming", "loading"),
    ]],
    [["list", server.target], [
      ...NEVER_WANTED,
      HEAVY.zlib,
      HEAVY.histogram,
      folders("services", "serving", "dashboard", "codegen", "streaming", "loading", "tabular"),
    ]],
    [["health", server.target], [
      ...NEVER_WANTED,
      HEAVY.packages,
      HEAVY.zlib,
      folders("services", "serving", "dashboard", "codegen", "streaming", "tabular", "schema"),
    ]],
  ];
  for (const [args, forbidden, options] of rows) {
    await t.step(`broker ${args[0]} ${args[1] === "--help" ? "--help" : ""}`.trim(), async () => {
      const { code, modules } = await traceModules(args, options);
      assert.equal(code, 0);
      assert.ok(modules.includes("main.ts"), "the trace shows nothing");
      const strangers = modules.filter((name) => forbidden.some((pattern) => pattern.test(name)));
      assert.deepEqual(strangers, []);
      if (args[0] === "--version") assert.ok(modules.length <= MAX_VERSION_MODULES, `${modules}`);
    });
  }
});

Deno.test("traceModules() sees modules of packages and of Deno", async () => {
  const { modules } = await traceModules([
    "list",
    "--proto",
    repositoryPath("proto/databroker.proto"),
  ]);
  for (const kind of [HEAVY.protobufjs, HEAVY.timers, folders("schema")]) {
    assert.ok(modules.some((name) => kind.test(name)), `${kind}`);
  }
});

Deno.test("a compiled broker has every module that main.ts loads by name", async () => {
  const source = await Deno.readTextFile(repositoryPath("main.ts"));
  const paths = [...source.matchAll(/readonly "\.\/([\w/]+\.ts)":\s+typeof\s+import/g)]
    .map(([, path = ""]) => path);
  assert.ok(paths.length >= 20, `${paths.length} modules`);
  const missing = paths.filter((path) =>
    !EMBEDDED.some((name) => path === name || path.startsWith(`${name}/`))
  );
  assert.deepEqual(missing, []);
});
