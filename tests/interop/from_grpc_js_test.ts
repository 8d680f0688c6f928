// The grpc-js implementation of tests/peers/node, unchanged, on our server.
import { strict as assert } from "node:assert";
import { fromGrpcJs } from "../../rpc/from_grpc_js.ts";
import { Metadata } from "../../rpc/metadata.ts";
import { RpcServer } from "../../rpc/server.ts";
import { formatAddress } from "../../rpc/transport.ts";
import { createImplementations } from "../peers/node/implementations.mjs";
import {
  nodePeer,
  pythonPeer,
  runAllScenarios,
  SCENARIOS,
  testWithPeers,
} from "../support/peers.ts";
import { withTimeout } from "../support/with_timeout.ts";
import { runChannelScenario } from "./channel_scenarios.ts";
import { BROKER_SERVICE, INTEROP_SERVICE } from "./interop_schema.ts";

const [node, python] = [await nodePeer(), await pythonPeer()];

async function withServer(run: (target: string) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  const server = new RpcServer({ onHandlerError: (error) => failures.push(error) });
  const { interop, broker } = createImplementations(Metadata);
  server.addService(INTEROP_SERVICE, fromGrpcJs(interop, INTEROP_SERVICE));
  server.addService(BROKER_SERVICE, fromGrpcJs(broker, BROKER_SERVICE));
  const address = server.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
  try {
    await run(formatAddress(address));
  } finally {
    await withTimeout(server.shutdown({ graceMs: 1000 }), 5000, "our server to shut down");
  }
  assert.deepEqual(failures, []);
  assert.deepEqual(server.stats, { connections: 0, streams: 0, running: 0 });
}

testWithPeers(
  { node },
  "A grpc-js implementation on our server agrees with a grpc-js client",
  ({ node }, t) => withServer((target) => runAllScenarios(t, node, target)),
);

testWithPeers(
  { python },
  "A grpc-js implementation on our server agrees with a grpcio client",
  ({ python }, t) => withServer((target) => runAllScenarios(t, python, target)),
);

Deno.test(
  "A grpc-js implementation on our server agrees with our channel",
  (t) =>
    withServer(async (target) => {
      for (const scenario of SCENARIOS) {
        await t.step(scenario, () => runChannelScenario(target, scenario));
      }
    }),
);
