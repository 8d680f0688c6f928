// The binary as users get it: in an empty folder, with an empty home, and without a network.
import assert from "node:assert/strict";
import { basename } from "node:path";
import denoConfig from "../../deno.json" with { type: "json" };
import { INJECTED_ANOMALIES } from "../../dataset/generate.ts";
import { repositoryPath } from "../support/paths.ts";
import { runProgram } from "../support/run_program.ts";
import { isMissing } from "../support/peer.ts";
import { testWithPeers } from "../support/test_with_peers.ts";
import { buildBinary } from "./build_binary.ts";
import { type LonelyMachine, startLonelyMachine } from "./lonely_machine.ts";

const binary = await buildBinary();

/** Far above what it takes (about 50 ms), for machines that are busy. */
const MAX_VERSION_MS = 1500;
/** `serve` on a port that is free, of the loopback alone. */
const LOCAL = ["--host", "127.0.0.1", "--port", "0"];

/** What a step works with. */
interface Bench {
  readonly machine: LonelyMachine;
  readonly broker: string;
  /** Whether the runtime loads TypeScript from disk and speaks TLS as it should. */
  readonly isCurrent: boolean;
  /** Whether a command's help names a flag. */
  knows(command: string, flag: string): Promise<boolean>;
}

const STEPS: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  "--version names the version, the commit and Deno, and starts at once": nameVersion,
  "what others put into the temporary folder is not read": ignoreTemporaryFiles,
  "serve answers stream, list, describe, health, call and bench, until SIGTERM": serveBuiltin,
  "scaffold writes a service that serve and stream run": runScaffold,
  "serve loads handlers in JavaScript; they may read the environment, and start nothing":
    loadScript,
  "imports of a .proto are found from the folders of -I": findImports,
  "cert makes certificates; with them serve speaks TLS, or says what it needs": useTls,
  "completions prints a script for each shell": printCompletions,
  "serve answers on its web port": servePage,
  "serve --workers 2 answers from two threads": serveWithWorkers,
};

testWithPeers({ binary }, "the compiled binary", async ({ binary }, t) => {
  try {
    for (const [name, step] of Object.entries(STEPS)) {
      await t.step(name, async () => {
        await using machine = await startLonelyMachine();
        if (machine.networkBecause !== undefined) console.error(machine.networkBecause);
        const knows = async (command: string, flag: string) =>
          (await machine.run([binary.path, command, "--help"])).stdout.includes(flag);
        const [, minor] = /[Dd]eno 2\.(\d+)/.exec(binary.version) ?? [];
        await step({ machine, broker: binary.path, isCurrent: Number(minor) >= 9, knows });
        assert.deepEqual(machine.listHome(), [], "a broker leaves nothing in the home");
      });
    }
  } finally {
    if (!isMissing(binary)) await binary.remove();
  }
});

async function nameVersion({ machine, broker }: Bench): Promise<void> {
  const durationsMs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const startMs = performance.now();
    const { code, stdout, stderr } = await machine.run([broker, "--version"]);
    durationsMs.push(performance.now() - startMs);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, versionPattern());
  }
  const [, , median = 0] = durationsMs.toSorted((a, b) => a - b);
  console.error(`broker --version: median ${median.toFixed(0)} ms of 5, nsenter and env included`);
  assert.ok(median < MAX_VERSION_MS, `${median} ms`);
}

/** Deno's code cache is found there by the name of the program: whoever writes it would run in its stead. */
async function ignoreTemporaryFiles({ machine, broker }: Bench): Promise<void> {
  // Whoever opens it waits for a writer, until `run` gives up.
  const pipe = `${machine.temporary}/deno-compile-${basename(broker)}.cache`;
  assert.equal((await runProgram(["mkfifo", pipe])).code, 0);
  assert.equal((await machine.run([broker, "--version"])).code, 0);
}

function versionPattern(): RegExp {
  const version = denoConfig.version.replaceAll(".", "\\.");
  return new RegExp(
    `^broker ${version} \\((commit [0-9a-f]{7,}( with changes)?, )?Deno [\\d.]+\\)\\n$`,
  );
}

async function serveBuiltin({ machine, broker }: Bench): Promise<void> {
  await Deno.copyFile(repositoryPath("dataset/sensors.csv"), `${machine.folder}/sensors.csv`);
  await using server = machine.start([broker, "serve", ...LOCAL]);
  const [, target = ""] = await server.untilSaid(/^Listening on (\S+): /m);
  const ask = async (...args: string[]) => {
    const { code, stdout, stderr } = await machine.run([broker, ...args]);
    assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const answers = (await ask("stream", "sensors.csv", target)).trimEnd().split("\n");
  const found = answers.map((line) => JSON.parse(line)).filter(({ prediction }) => prediction);
  assert.equal(answers.length, 2000);
  assert.deepEqual(found.map(({ id }) => id), INJECTED_ANOMALIES.map(({ id }) => id));
  assert.match(await ask("list", target), /^bidirectional_databroker\.BrokerService$/m);
  const request = "bidirectional_databroker.BrokerRequest";
  assert.match(await ask("describe", target, request), /^message BrokerRequest \{$/m);
  assert.equal(await ask("health", target), "SERVING\n");
  const call = ["call", target, "BidirectionalStreaming", "-d", '{"id": 7}'];
  assert.match(await ask(...call), /"id": ?7/);
  const bench = ["bench", target, "--method", "BidirectionalStreaming", "-d", '{"id":1}'];
  assert.match(await ask(...bench, "-n", "500"), /500/);
  const { code, stderr } = await server.end("SIGTERM");
  assert.equal(code, 0);
  assert.match(stderr, /Stopping: calls have 8 s to finish\n$/);
}

async function runScaffold({ machine, broker, isCurrent }: Bench): Promise<void> {
  const { folder } = machine;
  await Deno.copyFile(repositoryPath("examples/scale/scale.proto"), `${folder}/scale.proto`);
  const made = await machine.run([broker, "scaffold", "scale.proto", "--out", "made"]);
  assert.equal(made.code, 0, made.stderr);
  const serve = ["serve", "made/scale.proto", ...LOCAL, "--handlers"];
  let handlers = "made/server.ts";
  if (!isCurrent) {
    const refused = await machine.run([broker, ...serve, handlers]);
    assert.equal(refused.code, 1);
    const [, advice = ""] =
      /takes JavaScript only; .*"npx --yes deno@\S+ (.*)" makes it that\n$/.exec(refused.stderr) ??
        [];
    // Not on the lonely machine: whoever bundles has Deno.
    const bundled = await runProgram([Deno.execPath(), ...advice.split(" ")], {
      cwd: `${folder}/made`,
    });
    assert.equal(bundled.code, 0, `${refused.stderr}\n${bundled.stderr}`);
    handlers = "made/server.js";
  }
  await using server = machine.start([broker, ...serve, handlers]);
  const [, target = ""] = await server.untilSaid(/^Listening on (\S+): /m);
  const streamed = await machine.run([broker, "stream", "made/sample.csv", target]);
  assert.equal(streamed.code, 0, streamed.stderr);
  const rows = (await Deno.readTextFile(`${folder}/made/sample.csv`)).trimEnd().split("\n").length -
    1;
  assert.equal(streamed.stdout.trimEnd().split("\n").length, rows);
}

async function loadScript({ machine, broker }: Bench): Promise<void> {
  await Deno.writeTextFile(
    `${machine.folder}/handlers.js`,
    `const limit = Number(Deno.env.get("LIMIT") ?? 20);
let verdict = "it ran";
try { await new Deno.Command("true").output(); } catch (error) { verdict = error.name; }
console.error("a program:", verdict);
export const handlers = {
  async *BidirectionalStreaming(requests) {
    for await (const { id, sensor1 } of requests) yield { id, prediction: sensor1 > limit };
  },
};
`,
  );
  await using server = machine.start([broker, "serve", ...LOCAL, "--handlers", "handlers.js"]);
  const [, target = ""] = await server.untilSaid(/^Listening on (\S+): /m);
  await server.untilSaid(/^a program: NotCapable$/m);
  const { stdout } = await machine.run([broker, "stream", "-", target], "id,sensor1\n1,19\n2,21\n");
  assert.equal(stdout, '{"id":1,"prediction":false}\n{"id":2,"prediction":true}\n');
}

async function findImports({ machine, broker }: Bench): Promise<void> {
  const files = {
    "main.proto": 'import "parts/pump.proto";\nservice Pumps { rpc Get(Pump) returns (Pump); }\n',
    // From the folder of -I, not from that of the file.
    "parts/pump.proto": 'import "valve.proto";\nmessage Pump { Valve valve = 1; }\n',
    "valve.proto": "message Valve { int32 number = 1; }\n",
  };
  await Deno.mkdir(`${machine.folder}/parts`);
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${machine.folder}/${name}`, `syntax = "proto3";\n${text}`);
  }
  const describe = [broker, "describe", "--proto", "main.proto", "-I", ".", "Valve"] as const;
  const { code, stdout, stderr } = await machine.run(describe);
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^message Valve \{$/m);
}

async function useTls({ machine, broker, isCurrent }: Bench): Promise<void> {
  const made = await machine.run([broker, "cert", "--out", "certs", "--hosts", "127.0.0.1"]);
  assert.equal(made.code, 0, made.stderr);
  const tls = ["--tls-cert", "certs/server.crt", "--tls-key", "certs/server.key"];
  if (!isCurrent) {
    const { code, stderr } = await machine.run([broker, "serve", ...LOCAL, ...tls]);
    assert.equal(code, 1);
    assert.match(stderr, /^error: Cannot use TLS: Deno [\d.]+ cannot .*; use 2\.8 or later\n$/);
    return;
  }
  await using server = machine.start([broker, "serve", ...LOCAL, ...tls]);
  const [, target = ""] = await server.untilSaid(/^Listening on (\S+): /m);
  const asked = await machine.run([broker, "health", target, "--cacert", "certs/ca.crt"]);
  assert.deepEqual([asked.code, asked.stdout], [0, "SERVING\n"]);
}

async function printCompletions({ machine, broker }: Bench): Promise<void> {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await machine.run([broker, "completions", shell]);
    assert.equal(code, 0);
    assert.match(stdout, /scaffold/);
  }
}

async function servePage({ machine, broker, knows }: Bench): Promise<void> {
  if (!await knows("serve", "--web-port")) return console.error("skipped: there is no --web-port");
  await using server = machine.start([broker, "serve", ...LOCAL, "--web-port", "0"]);
  const [, address = ""] = await server.untilSaid(/(http:\/\/\S+?)\/?\s/);
  const cache = `DENO_DIR=${machine.folder}/cache`;
  const get = async (path: string, body?: object) => {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    const script = `
      const r = await fetch(${JSON.stringify(address + path)}, ${JSON.stringify(init)});
      console.log(r.status, r.headers.get("content-type")); console.log(await r.text());`;
    const { stdout, stderr } = await machine.run([
      "env",
      cache,
      Deno.execPath(),
      "eval",
      "--no-lock",
      script,
    ]);
    assert.equal(stderr, "");
    return stdout;
  };
  assert.match(await get("/"), /^200 text\/html[^]*<title>/);
  assert.match(await get("/healthz"), /^200 /);
  assert.match(await get("/assets/main.js"), /^200 text\/javascript/);
  assert.match(await get("/api/server"), /^200 application\/json[^]*BidirectionalStreaming/);
  const method = "/bidirectional_databroker.BrokerService/BidirectionalStreaming";
  const called = await get("/api/call", { method, messages: [{ id: 7 }] });
  assert.match(called, /^200 [^]*"id":7[^]*"name":"OK"/);
  assert.match(await get("/metrics"), /^200 text\/plain[^]*# TYPE /);
}

async function serveWithWorkers({ machine, broker, knows }: Bench): Promise<void> {
  if (!await knows("serve", "--workers")) return console.error("skipped: there is no --workers");
  await using server = machine.start([broker, "serve", ...LOCAL, "--workers", "2"]);
  const [, target = ""] = await server.untilSaid(/^Listening on (\S+): /m);
  const { code, stdout } = await machine.run([broker, "stream", "-", target], "id\n1\n2\n");
  assert.deepEqual([code, stdout.trimEnd().split("\n").length], [0, 2]);
  assert.equal((await server.end("SIGTERM")).code, 0);
}
