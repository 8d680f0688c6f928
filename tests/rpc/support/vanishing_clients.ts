// A program: a server in the company of clients that vanish mid-stream. Prints what it cost as one line of JSON. Needs
// `--v8-flags=--expose-gc`, so that what is left can be told from what is not yet collected.
import { connectScripted, type ScriptedPeer } from "../../support/scripted_peer.ts";
import {
  CODE,
  data,
  envelope,
  goaway,
  grpcRequest,
  headers,
  rstStream,
} from "../../support/wire.ts";
import { startTestServer } from "./start_test_server.ts";
import { METHODS } from "./test_service.ts";

const CLIENTS = 200;
const MEASURED_ROUNDS = Number(Deno.args[0] ?? 2);
/** As many at one time. */
const TOGETHER = 20;
const HELLO = envelope(new TextEncoder().encode("hello"));
const LARGE = "x".repeat(10_000);

/** What a run of this program comes to. */
export interface VanishingReport {
  /** Octets in use, buffers included, after the first round, which warms everything up, and after the last. */
  readonly usedBefore: number;
  readonly usedAfter: number;
  readonly stats: {
    readonly connections: number;
    readonly streams: number;
    readonly running: number;
  };
  /** Calls that ended, by status code. */
  readonly codes: Readonly<Record<string, number>>;
  /** The answer to a last, orderly call. */
  readonly lastAnswer: string;
}

type Vanish = (peer: ScriptedPeer) => Promise<unknown>;

/** The ways to vanish; the connection is closed after each. */
const WAYS: readonly Vanish[] = [
  // The socket is cut.
  () => Promise.resolve(),
  (peer) => peer.send(goaway(0, CODE.NO_ERROR)),
  (peer) => peer.send(rstStream(1, CODE.CANCEL), rstStream(3, CODE.NO_ERROR)),
  // Half a message, and gone.
  (peer) => peer.send(data(1, HELLO.subarray(0, 7))),
  (peer) => peer.closeWrite(),
];

async function playClient(port: number, vanish: Vanish): Promise<void> {
  const peer = await connectScripted(port);
  await peer.send(headers(1, grpcRequest("/test.Service/Bidi")), data(1, HELLO));
  // The answers to this one fill the window and the send buffer: its handler waits for room.
  await peer.send(headers(3, grpcRequest("/test.Service/ServerStream")));
  await peer.send(data(3, HELLO, { endStream: true }));
  await peer.expectData(1, HELLO.length);
  await peer.expectData(3, 60_000);
  await vanish(peer);
  await peer.close();
}

if (import.meta.main) {
  const codes: Record<string, number> = {};
  await using t = startTestServer(async function* (requests, call) {
    if (call.path.endsWith("ServerStream")) {
      for (;;) yield LARGE;
    }
    for await (const request of requests) yield request;
  }, { server: { onCall: ({ code }) => codes[code] = (codes[code] ?? 0) + 1 } });

  const idle = async () => {
    for (;;) {
      const { connections, streams, running } = t.server.stats;
      if (connections + streams + running === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const playRound = async () => {
    for (let started = 0; started < CLIENTS; started += TOGETHER) {
      await Promise.all(
        Array.from({ length: TOGETHER }, (_, at) => playClient(t.port, WAYS[at % WAYS.length])),
      );
    }
    await idle();
  };
  const measure = async () => {
    // Finalizers and closed sockets take some turns.
    for (let turn = 0; turn < 5; turn++) {
      Reflect.get(globalThis, "gc")();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external;
  };

  await playRound();
  const before = await measure();
  for (let round = 0; round < MEASURED_ROUNDS; round++) await playRound();
  const after = await measure();
  const { stats } = t.server;
  const call = t.channel.bidirectional(
    METHODS.Bidi,
    ["still there"],
  );
  const report: VanishingReport = {
    usedBefore: before,
    usedAfter: after,
    stats,
    codes,
    lastAnswer: (await Array.fromAsync(call)).join(),
  };
  console.log(JSON.stringify(report));
}
