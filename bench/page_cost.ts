/**
 * `deno run -A bench/page_cost.ts [ROUNDS]`: what the web page costs a stream of small messages. Measures, in turn and in
 * the same run: a server without a page; one with a page that nobody looks at; and the same with a page open that watches
 * the very stream, in a process of its own. Prints medians, and ratios of neighbouring rounds.
 *
 * Two figures each: messages/s, which everything else on the machine disturbs, and processor time of the server for a
 * message, which it disturbs less.
 */
import { LocalWatch, openDashboard } from "../dashboard/mod.ts";
import { RpcServer } from "../rpc/mod.ts";
import { builtinSchema } from "../schema/mod.ts";
import type { BrokerRequest, BrokerResponse } from "../services/mod.ts";
import { measureThroughput } from "./load_generator.ts";
import { cpuMs } from "./process_cpu.ts";
import { median } from "./samples.ts";
import { startServer } from "./start_server.ts";

const ROUNDS = Number(Deno.args[0] ?? 12);
const MESSAGES = 4_000_000;
const PATH = "/bidirectional_databroker.BrokerService/BidirectionalStreaming";
const SCRIPT = new URL(import.meta.url).pathname;

interface Figures {
  readonly perSecond: number;
  /** Of the server's processor time, in ns. */
  readonly nanosPerMessage: number;
}

if (Deno.args[0] === "server") await serve(Number(Deno.args[1]));
else if (Deno.args[0] === "look") await look(Deno.args[1]);
else await compare();

/** The server that is measured; port 0 for the page: none. */
async function serve(webPort: number): Promise<void> {
  const schema = await builtinSchema();
  const server = new RpcServer();
  for (const { definition } of schema.services) {
    server.addService(definition, {
      async *BidirectionalStreaming(
        requests: AsyncIterable<BrokerRequest>,
      ): AsyncGenerator<BrokerResponse> {
        for await (const { id } of requests) yield { id, prediction: id % 2 === 0 };
      },
    });
  }
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  if (webPort > 0) {
    const watch = new LocalWatch(server);
    openDashboard({ hostname: "127.0.0.1", port: webPort, watch, schema, address, hasTls: false });
  }
  if (address.kind === "tcp") console.log(`listening ${address.port}`);
  for await (const _chunk of Deno.stdin.readable) { /* until the parent closes it */ }
  Deno.exit();
}

/** The page: reads what it is sent until it is killed. */
async function look(url: string): Promise<void> {
  const response = await fetch(`${url}/api/live?watch=${encodeURIComponent(PATH)}`);
  let isFirst = true;
  for await (const _chunk of response.body ?? []) {
    if (isFirst) console.log("looking");
    isFirst = false;
  }
}

async function openPage(url: string): Promise<AsyncDisposable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", SCRIPT, "look", url],
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  reader.releaseLock();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.stdout.cancel();
      await child.status;
    },
  };
}

async function compare(): Promise<void> {
  const webPort = freePort();
  const url = `http://127.0.0.1:${webPort}`;
  const command = [Deno.execPath(), "run", "-A", "--no-check", SCRIPT, "server"];
  const plain = await startServer([...command, "0"]);
  const paged = await startServer([...command, String(webPort)]);
  const envelope = await encodeRequests();
  const measure = async (server: { readonly port: number; readonly pid: number }) => {
    const load = { port: server.port, path: PATH, envelope };
    const beforeMs = cpuMs(server.pid) ?? NaN;
    const perSecond = await measureThroughput(load, MESSAGES);
    const usedMs = (cpuMs(server.pid) ?? NaN) - beforeMs;
    return { perSecond, nanosPerMessage: usedMs * 1e6 / MESSAGES };
  };
  const none: Figures[] = [];
  const closed: Figures[] = [];
  const open: Figures[] = [];
  try {
    for (let round = -2; round < ROUNDS; round++) {
      const contenders = [
        async () => ({ list: none, one: await measure(plain) }),
        async () => ({ list: closed, one: await measure(paged) }),
        async () => {
          await using _page = await openPage(url);
          return { list: open, one: await measure(paged) };
        },
      ];
      // There and back: what grows or fades in the course of a round hits the first as often as the last.
      if (round % 2 !== 0) contenders.reverse();
      for (const contender of contenders) {
        const { list, one } = await contender();
        if (round >= 0) list.push(one);
      }
    }
  } finally {
    await plain.stop();
    await paged.stop();
  }
  console.log(
    `One stream of ${MESSAGES.toLocaleString("en")} messages a round, ${ROUNDS} rounds: medians\n`,
  );
  print("no page", none, none);
  print("page, nobody looks", closed, none);
  print("page open, watching", open, closed);
}

function print(name: string, figures: readonly Figures[], beside: readonly Figures[]): void {
  const of = (pick: (one: Figures) => number) => median(figures.map(pick)) ?? NaN;
  const ratio = (pick: (one: Figures) => number) =>
    median(figures.map((one, round) => pick(one) / pick(beside[round]))) ?? NaN;
  console.log(
    `${name.padEnd(20)} ${
      Math.round(of((one) => one.perSecond)).toLocaleString("en").padStart(10)
    }` +
      ` messages/s (${percent(ratio((one) => one.perSecond))})` +
      ` ${of((one) => one.nanosPerMessage).toFixed(0).padStart(6)} ns of processor time each` +
      ` (${percent(ratio((one) => one.nanosPerMessage))})`,
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Measurements with their five-octet prefixes. */
async function encodeRequests(): Promise<Uint8Array> {
  const { definition } = (await builtinSchema()).services[0].methods[0];
  const message = definition.requestSerialize({
    id: 4711,
    sensor1: 47.2,
    sensor2: 5.9,
    sensor3: 99.4,
    sensor4: 1.6,
  });
  const envelope = new Uint8Array(5 + message.length);
  envelope[4] = message.length;
  envelope.set(message, 5);
  return envelope;
}
