/**
 * `deno task bench`: messages/s on one stream of small messages, and ping-pong latency, of our server and of its peers,
 * in turn and in the same run, under the same load generator. Prints medians and ratios.
 */
import { builtinSchema } from "../schema/mod.ts";
import { isMissing, nodePeer } from "../tests/support/peers.ts";
import { type LoadOptions, measureLatency, measureThroughput } from "./load_generator.ts";
import { type BenchServer, startServer } from "./start_server.ts";

const ROUNDS = 5;
/** Long enough for the slowest server to leave its warm-up. */
const THROUGHPUT_MESSAGES = 400_000;
const LATENCY_MESSAGES = 5_000;

interface Contender {
  readonly name: string;
  readonly server: BenchServer;
  readonly load: LoadOptions;
  readonly throughput: number[];
  readonly p50: number[];
  readonly p99: number[];
}

const node = await nodePeer();
if (isMissing(node)) {
  console.error(`Cannot compare: grpc-js has no Node to run on (${node.missing})`);
  Deno.exit(1);
}
const { path, definition } = (await builtinSchema()).services[0].methods[0];
const envelope = encodeRequest();

const ours = await contend("broker", [Deno.execPath(), "run", "-A", "bench/our_server.ts"]);
const grpcJs = await contend("grpc-js on Node", [
  node.executable,
  node.serverScript,
  "127.0.0.1:0",
]);
const contenders = [ours, grpcJs];
try {
  for (let round = 0; round <= ROUNDS; round++) {
    for (const contender of contenders) await measure(contender, { isWarmUp: round === 0 });
  }
} finally {
  for (const { server } of contenders) await server.stop();
}

console.log(
  `One stream of ${envelope.length}-octet messages; medians of ${ROUNDS} rounds of ` +
    `${THROUGHPUT_MESSAGES} messages and ${LATENCY_MESSAGES} round trips each\n`,
);
console.log("server            messages/s   p50 µs   p99 µs");
for (const contender of contenders) {
  const cells = [
    contender.name.padEnd(16),
    Math.round(median(contender.throughput)).toLocaleString("en").padStart(11),
    median(contender.p50).toFixed(1).padStart(8),
    median(contender.p99).toFixed(1).padStart(8),
  ];
  console.log(cells.join(" "));
}
const ratios = ours.throughput.map((value, round) => value / grpcJs.throughput[round]);
const latencies = ours.p50.map((value, round) => value / grpcJs.p50[round]);
console.log(
  `\nbroker / grpc-js: ${median(ratios).toFixed(1)} × the messages/s, ` +
    `${median(latencies).toFixed(2)} × the p50`,
);

async function contend(name: string, command: readonly string[]): Promise<Contender> {
  const server = await startServer(command);
  const load = { port: server.port, path, envelope };
  return { name, server, load, throughput: [], p50: [], p99: [] };
}

async function measure(contender: Contender, options: { isWarmUp: boolean }): Promise<void> {
  const perSecond = await measureThroughput(contender.load, THROUGHPUT_MESSAGES);
  const latencies = await measureLatency(contender.load, LATENCY_MESSAGES);
  if (options.isWarmUp) return;
  contender.throughput.push(perSecond);
  contender.p50.push(latencies[Math.floor(latencies.length * 0.5)]);
  contender.p99.push(latencies[Math.floor(latencies.length * 0.99)]);
}

/** A measurement with its five-octet prefix. */
function encodeRequest(): Uint8Array {
  const request = { id: 4711, sensor1: 47.2, sensor2: 5.9, sensor3: 99.4, sensor4: 1.6 };
  const message = definition.requestSerialize(request);
  const envelope = new Uint8Array(5 + message.length);
  envelope[4] = message.length;
  envelope.set(message, 5);
  return envelope;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)];
}
