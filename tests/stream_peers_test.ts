/** `broker stream` to servers of grpc-js and grpcio, methods of all four kinds. */
import assert from "node:assert/strict";
import { runBroker, temporaryFolder } from "./support/broker.ts";
import { repositoryPath } from "./support/paths.ts";
import {
  nodePeer,
  type Peer,
  pythonPeer,
  startPeerServer,
  testWithPeers,
} from "./support/peers.ts";

const PROTO = repositoryPath("tests/peers/interop.proto");
const ROWS = 3000;

async function streamToPeer(peer: Peer): Promise<void> {
  await using server = await startPeerServer(peer);
  await using folder = await temporaryFolder();
  const ids = Array.from({ length: ROWS }, (_, index) => index);
  const input = `${folder.path}/rows.csv`;
  await Deno.writeTextFile(input, `id,value\n${ids.map((id) => `${id},0.5\n`).join("")}`);
  const answers = `id,prediction,padding\n${ids.map((id) => `${id},${id % 2 === 0},\n`).join("")}`;
  const to = (method: string, ...flags: string[]) =>
    runBroker([
      "stream",
      input,
      server.target,
      "--proto",
      PROTO,
      "--method",
      method,
      "-O",
      "csv",
      ...flags,
    ]);

  for (
    const args of [
      ["Bidi"],
      ["Bidi", "--id-field", "id", "--connections", "2"],
      ["Unary"],
      ["Unary", "--connections", "2", "--max-in-flight", "50"],
    ]
  ) {
    const [method = "", ...flags] = args;
    const { exitCode, stdout, stderr } = await to(method, ...flags);
    assert.deepEqual([exitCode, stdout], [0, answers], `${args}: ${stderr}`);
  }
  const { exitCode, stdout, stderr } = await to("ClientStream");
  assert.deepEqual([exitCode, stdout], [0, `count,sum\n${ROWS},${ROWS / 2}\n`], stderr);

  await Deno.writeTextFile(input, "count\n2\n0\n-5\n1\n");
  const rejects = `${folder.path}/rejects.csv`;
  const some = await to("ServerStream", "--join", "--rejects", rejects);
  assert.equal(some.exitCode, 3, some.stderr);
  assert.equal(
    some.stdout,
    "count,id,prediction,padding\n2,0,true,\n2,1,false,\n1,0,true,\n",
  );
  assert.match(await Deno.readTextFile(rejects), /\n4,,,NOT_FOUND: refused: ☺ 100%,-5\n$/);
}

const node = await nodePeer();
const python = await pythonPeer();

testWithPeers(
  { node },
  "stream reaches methods of all four kinds of a grpc-js server",
  ({ node }) => {
    return streamToPeer(node);
  },
);

testWithPeers(
  { python },
  "stream reaches methods of all four kinds of a grpcio server",
  ({ python }) => {
    return streamToPeer(python);
  },
);
