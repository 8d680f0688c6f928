// Our server under the clients of others: each scenario of tests/peers on each.
import { strict as assert } from "node:assert";
import {
  bufPeer,
  nodePeer,
  pythonPeer,
  runAllScenarios,
  runBufCurl,
  runPeerClient,
  testWithPeers,
} from "../support/peers.ts";
import { startInteropServer } from "./start_interop_server.ts";

const [node, python, buf] = [await nodePeer(), await pythonPeer(), await bufPeer()];

testWithPeers({ node }, "A grpc-js client agrees with our server", async ({ node }, t) => {
  await using ours = startInteropServer();
  await runAllScenarios(t, node, ours.target);
  assert.equal(ours.server.stats.streams, 0);
});

testWithPeers({ python }, "A grpcio client agrees with our server", async ({ python }, t) => {
  await using ours = startInteropServer();
  await runAllScenarios(t, python, ours.target);
  assert.equal(ours.server.stats.streams, 0);
});

/**
 * Not "error": a status other than OK overtakes answers that a grpc-js 1.14 client still inflates (`maybeOutputStatus()`
 * of its subchannel-call.ts).
 */
const COMPRESSED = [
  "server-stream-10000",
  "bidi-10000",
  "metadata",
  "gzip",
  "big-message",
] as const;

testWithPeers(
  { node, python },
  "grpc-js and grpcio clients read the answers that our server compresses",
  async (peers, t) => {
    await using ours = startInteropServer({ compression: "gzip" });
    for (const peer of [peers.node, peers.python]) {
      for (const scenario of COMPRESSED) {
        await t.step(`${peer.name}: ${scenario}`, async () => {
          await runPeerClient(peer, ours.target, scenario);
        });
      }
    }
  },
);

testWithPeers(
  { node, python, buf },
  "grpc-js, grpcio and buf curl reach our server on a Unix socket",
  async ({ node, python, buf }) => {
    const folder = await Deno.makeTempDir({ prefix: "broker-interop-" });
    try {
      await using ours = startInteropServer({}, { kind: "unix", path: `${folder}/s` });
      await runPeerClient(node, ours.target, "bidi-10000");
      await runPeerClient(python, ours.target, "bidi-10000");
      const { code, answers } = await runBufCurl(buf, {
        target: ours.target,
        method: "broker.interop.Interop/Unary",
        messages: [{ id: 4 }],
      });
      assert.deepEqual([code, answers], [0, [{ id: 4, prediction: true, padding: "" }]]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

testWithPeers(
  { buf },
  "buf curl gets 10,000 answers in order from our server",
  async ({ buf }) => {
    await using ours = startInteropServer();
    const { code, answers, stderr } = await runBufCurl(buf, {
      target: ours.target,
      method: "bidirectional_databroker.BrokerService/BidirectionalStreaming",
      schema: "proto/databroker.proto",
      messages: Array.from({ length: 10_000 }, (_, id) => ({ id, sensor1: id / 8 })),
    });
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      answers,
      Array.from({ length: 10_000 }, (_, id) => ({ id, prediction: id % 2 === 0 })),
    );
  },
);

testWithPeers({ buf }, "buf curl sees the status that our server sends", async ({ buf }) => {
  await using ours = startInteropServer();
  const { code, answers, stderr } = await runBufCurl(buf, {
    target: ours.target,
    method: "broker.interop.Interop/Bidi",
    messages: [{ id: 1 }, { id: -5 }],
  });
  assert.equal(code, 8 * 5, stderr);
  assert.equal(answers.length, 1);
  assert.match(stderr, /refused: ☺ 100%/);
});
