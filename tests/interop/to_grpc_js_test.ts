// Our handlers on a stock grpc-js server under Node: tests/peers/node/adapter_server.mjs.
import type { Server } from "@grpc/grpc-js";
import { toGrpcJs } from "../../rpc/to_grpc_js.ts";
import { repositoryPath } from "../support/paths.ts";
import {
  nodePeer,
  type Peer,
  pythonPeer,
  runAllScenarios,
  SCENARIOS,
  startPeerServer,
  testWithPeers,
} from "../support/peers.ts";
import { runChannelScenario } from "./channel_scenarios.ts";
import { createInteropHandlers } from "./interop_handlers.ts";
import { INTEROP_SERVICE } from "./interop_schema.ts";

const [node, python] = [await nodePeer(), await pythonPeer()];

function withAdapter(peer: Peer): Peer {
  return { ...peer, serverScript: repositoryPath("tests/peers/node/adapter_server.mjs") };
}

/** Never run: `deno check` sees that a grpc-js server takes what the adapter makes. */
export function typeCheck(server: Pick<Server, "addService">): void {
  server.addService({}, toGrpcJs(createInteropHandlers().interop, INTEROP_SERVICE));
}

testWithPeers(
  { node },
  "Our handlers on a grpc-js server agree with a grpc-js client",
  async ({ node }, t) => {
    await using server = await startPeerServer(withAdapter(node));
    await runAllScenarios(t, node, server.target);
  },
);

testWithPeers(
  { node, python },
  "Our handlers on a grpc-js server agree with a grpcio client",
  async ({ node, python }, t) => {
    await using server = await startPeerServer(withAdapter(node));
    await runAllScenarios(t, python, server.target);
  },
);

testWithPeers(
  { node },
  "Our handlers on a grpc-js server agree with our channel",
  async ({ node }, t) => {
    await using server = await startPeerServer(withAdapter(node));
    for (const scenario of SCENARIOS) {
      await t.step(scenario, () => runChannelScenario(server.target, scenario));
    }
  },
);
