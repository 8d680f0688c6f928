// The peers against each other: what interop.proto says is what grpc-js, grpcio and buf curl do. When one of
// these fails, a failing interop test of our engine says nothing about the engine.
import { strict as assert } from "node:assert";
import {
  bufPeer,
  nodePeer,
  pythonPeer,
  runAllScenarios,
  runBufCurl,
  startPeerServer,
  testWithPeers,
} from "../support/peers.ts";

const [node, python, buf] = [await nodePeer(), await pythonPeer(), await bufPeer()];

testWithPeers(
  { node, python },
  "A grpc-js client agrees with a grpcio server that compresses its answers",
  async ({ node, python }, t) => {
    await using server = await startPeerServer(python, { gzip: true });
    await runAllScenarios(t, node, server.target);
  },
);

testWithPeers(
  { node, python },
  "A grpcio client agrees with a grpc-js server",
  async (peers, t) => {
    await using server = await startPeerServer(peers.node);
    await runAllScenarios(t, peers.python, server.target);
  },
);

testWithPeers(
  { node, buf },
  "buf curl gets 10,000 answers in order from a grpc-js server",
  async ({ node, buf }) => {
    await using server = await startPeerServer(node);
    const { code, answers, stderr } = await runBufCurl(buf, {
      target: server.target,
      method: "bidirectional_databroker.BrokerService/BidirectionalStreaming",
      schema: "proto/databroker.proto",
      messages: Array.from({ length: 10_000 }, (_, id) => ({ id, sensor1: id / 8 })),
    });
    assert.equal(code, 0, stderr);
    const wanted = Array.from({ length: 10_000 }, (_, id) => ({ id, prediction: id % 2 === 0 }));
    assert.deepEqual(answers, wanted);
  },
);

testWithPeers(
  { node, buf },
  "buf curl reads the status of a grpc-js server",
  async ({ node, buf }) => {
    await using server = await startPeerServer(node);
    const { code, stderr } = await runBufCurl(buf, {
      target: server.target,
      method: "broker.interop.Interop/Unary",
      messages: [{ id: -5 }],
    });
    assert.equal(code, 5 * 8);
    assert.match(stderr, /refused: ☺ 100%/);
  },
);

testWithPeers(
  { node },
  "A peer's server listens on a Unix socket and can be killed",
  async ({ node }) => {
    const folder = await Deno.makeTempDir({ prefix: "broker-peer-" });
    try {
      await using server = await startPeerServer(node, { address: `unix:${folder}/socket` });
      assert.equal(server.target, `unix:${folder}/socket`);
      await server.kill();
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
