/**
 * `deno run -A bench/beside_ghz.ts [path of ghz]`: the calls/s that `broker bench` and ghz make on the same server, in
 * turn, with the same number of connections and of calls at a time. Prints medians and ratios.
 *
 * ghz: `go install github.com/bojand/ghz/cmd/ghz@v0.121.0`.
 */
import { isMissing, nodePeer, pythonPeer } from "../tests/support/peers.ts";
import { repositoryPath } from "../tests/support/paths.ts";
import { runProgram } from "../tests/support/run_program.ts";
import { type BenchServer, startServer } from "./start_server.ts";

const ROUNDS = 5;
const DURATION = "3s";
const STREAMS = 50;

const INTEROP = repositoryPath("tests/peers/interop.proto");
const METHOD = "broker.interop.Interop/Unary";
const DATA = '{"id":4711,"value":47.25}';

interface Contender {
  readonly name: string;
  readonly command: readonly string[];
}

const ghz = Deno.args[0] ?? "ghz";
const node = await nodePeer();
const python = await pythonPeer();
const servers: Contender[] = [{
  name: "our RpcServer",
  command: [Deno.execPath(), "run", "-A", repositoryPath("bench/interop_server.ts")],
}];
if (isMissing(node)) console.error(`Without grpc-js: ${node.missing}`);
else {servers.push({
    name: "grpc-js",
    command: [node.executable, node.serverScript, "127.0.0.1:0"],
  });}
if (isMissing(python)) console.error(`Without grpcio: ${python.missing}`);
else {
  servers.push({
    name: "grpcio",
    command: [python.executable, python.serverScript, "127.0.0.1:0"],
  });
}

console.log(
  `Unary calls of ${DATA}, ${STREAMS} at a time; medians of ${ROUNDS} rounds of ${DURATION} each\n`,
);
console.log(
  "server        connections  broker bench/s      ghz/s  broker / ghz  p50 ms (broker, ghz)",
);
for (const { name, command } of servers) {
  for (const connections of [1, 4]) {
    const server = await startServer(command);
    try {
      await compare(name, server, connections);
    } finally {
      await server.stop();
    }
  }
}

async function compare(name: string, server: BenchServer, connections: number): Promise<void> {
  const ours: Measured[] = [];
  const theirs: Measured[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const measured = [await runOurs(server, connections), await runGhz(server, connections)];
    // The first round warms the server up.
    if (round === 0) continue;
    ours.push(measured[0]);
    theirs.push(measured[1]);
  }
  const ratios = ours.map(({ perSecond }, round) => perSecond / theirs[round].perSecond);
  const rate = (rows: readonly Measured[]) =>
    Math.round(median(rows.map(({ perSecond }) => perSecond))).toLocaleString("en");
  const p50 = (rows: readonly Measured[]) => median(rows.map(({ p50Ms }) => p50Ms)).toFixed(2);
  console.log([
    name.padEnd(13),
    String(connections).padStart(11),
    rate(ours).padStart(15),
    rate(theirs).padStart(10),
    median(ratios).toFixed(2).padStart(13),
    ` ${p50(ours)}, ${p50(theirs)}`,
  ].join(" "));
}

interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
}

async function runOurs({ port }: BenchServer, connections: number): Promise<Measured> {
  // ghz spreads its workers over the connections, so each has its part of them here as well.
  const streams = Math.round(STREAMS / connections);
  const report = await runJson([
    ...[Deno.execPath(), "run", "-A", repositoryPath("main.ts"), "bench", `127.0.0.1:${port}`],
    ...["--proto", INTEROP, "--method", METHOD, "-d", DATA, "-z", DURATION, "-O", "json"],
    ...["--connections", String(connections), "--streams", String(streams)],
  ]);
  return { perSecond: report.calls.perSecond, p50Ms: report.latencyMs.p50 };
}

async function runGhz({ port }: BenchServer, connections: number): Promise<Measured> {
  const report = await runJson([
    ...[ghz, "--insecure", "--proto", INTEROP, "--call", METHOD, "-d", DATA, "-z", DURATION],
    ...["-c", String(STREAMS), "--connections", String(connections)],
    ...["--duration-stop", "wait", "-O", "json", `127.0.0.1:${port}`],
  ]);
  const half = report.latencyDistribution.find(
    ({ percentage }: { percentage: number }) => percentage === 50,
  );
  return { perSecond: report.rps, p50Ms: half.latency / 1e6 };
}

async function runJson([program, ...args]: readonly string[]) {
  const { code, stdout, stderr } = await runProgram([program, ...args]);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}
