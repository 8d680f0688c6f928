// Our client at the servers of others, and at our own: each scenario of tests/peers on each.
import type { ChannelOptions } from "../../rpc/channel.ts";
import {
  nodePeer,
  pythonPeer,
  SCENARIOS,
  startPeerServer,
  testWithPeers,
} from "../support/peers.ts";
import { runChannelScenario } from "./channel_scenarios.ts";
import { startInteropServer } from "./start_interop_server.ts";

const [node, python] = [await nodePeer(), await pythonPeer()];

async function runAll(t: Deno.TestContext, target: string, options?: ChannelOptions) {
  for (const scenario of SCENARIOS) {
    await t.step(scenario, () => runChannelScenario(target, scenario, options));
  }
}

testWithPeers({ node }, "Our channel agrees with a grpc-js server", async ({ node }, t) => {
  await using server = await startPeerServer(node);
  await runAll(t, server.target);
});

testWithPeers({ python }, "Our channel agrees with a grpcio server", async ({ python }, t) => {
  await using server = await startPeerServer(python);
  await runAll(t, server.target);
});

testWithPeers(
  { python },
  "Our channel agrees with a grpcio server that compresses its answers",
  async ({ python }, t) => {
    await using server = await startPeerServer(python, { gzip: true });
    await runAll(t, server.target);
  },
);

testWithPeers(
  { node, python },
  "Our channel reaches grpc-js and grpcio servers on a Unix socket",
  async (peers) => {
    const folder = await Deno.makeTempDir({ prefix: "broker-interop-" });
    try {
      for (const peer of [peers.node, peers.python]) {
        const address = `unix:${folder}/${peer.name}`;
        await using server = await startPeerServer(peer, { address });
        await runChannelScenario(server.target, "bidi-10000");
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

Deno.test("Our channel agrees with our server", async (t) => {
  await using ours = startInteropServer();
  await runAll(t, ours.target);
});

Deno.test("Our channel agrees with our server when it compresses its answers", async (t) => {
  await using ours = startInteropServer({ compression: "gzip" });
  await runAll(t, ours.target);
});
