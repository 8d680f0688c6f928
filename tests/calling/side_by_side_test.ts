// The same calls by `broker call`, `buf curl` and grpcurl: to our server, to grpc-js and to grpcio.
import assert from "node:assert/strict";
import { startInteropServer } from "../interop/start_interop_server.ts";
import { runBroker } from "../support/broker.ts";
import { grpcurlPeer } from "../support/find_grpcurl.ts";
import { repositoryPath } from "../support/paths.ts";
import { type BufPeer, bufPeer, nodePeer, type Peer, pythonPeer } from "../support/peers.ts";
import { startPeerServer } from "../support/peer_server.ts";
import { runProgram } from "../support/run_program.ts";
import { testWithPeers } from "../support/test_with_peers.ts";

const [node, python, buf, grpcurl] = await Promise.all([
  nodePeer(),
  pythonPeer(),
  bufPeer(),
  grpcurlPeer(),
]);
const PROTO = repositoryPath("tests/peers/interop.proto");
const FOLDER = repositoryPath("tests/peers");
const CLIENT_TIMEOUT_MS = 60_000;

/** One call: what is sent, and how it ends. */
interface Case {
  readonly method: string;
  readonly input: string;
  /** 0 if left out. */
  readonly code?: number;
  /** In seconds; grpcurl takes no other unit. */
  readonly deadline?: number;
}

const CASES: readonly Case[] = [
  { method: "Unary", input: '{"id":2,"value":"NaN","padding":"AAH+/w=="}' },
  { method: "Unary", input: "{}" },
  { method: "Unary", input: '{"id":4,"reply_octets":3}' },
  { method: "Unary", input: '{"id":-5}', code: 5 },
  { method: "Unary", input: '{"id":-16}', code: 16 },
  { method: "ServerStream", input: '{"count":5}' },
  { method: "ServerStream", input: '{"count":-3}', code: 3 },
  { method: "ClientStream", input: '{"id":1,"value":1.5}\n{"id":2,"value":0.1}\n' },
  { method: "ClientStream", input: "" },
  { method: "Bidi", input: '{"id":1}{"id":2} {"id":3}' },
  { method: "Bidi", input: '{"id":1}{"id":-8}', code: 8 },
  { method: "Bidi", input: "" },
  { method: "Unary", input: '{"id":-1000,"call":"slow"}', code: 4, deadline: 1 },
];

interface Outcome {
  readonly answers: readonly unknown[];
  /** Of gRPC. */
  readonly code: number;
}

type Client = (target: string, call: Case) => Promise<Outcome>;

/** The JSON values that a client printed one after the other. */
function parseAll(printed: string): unknown[] {
  return JSON.parse(`[${printed.trim().replace(/\}\s*\{/g, "},{")}]`);
}

const byBroker: Client = async (target, { method, input, deadline }) => {
  const args = deadline === undefined ? [] : ["--max-time", `${deadline}s`];
  const { exitCode, stdout, stderr } = await runBroker(
    ["call", target, `broker.interop.Interop/${method}`, "--proto", PROTO, "-d", "@", ...args],
    { stdin: input },
  );
  assert.ok(exitCode === 0 || exitCode > 64, stderr);
  return { answers: parseAll(stdout), code: exitCode === 0 ? 0 : exitCode - 64 };
};

const byGrpcurl = (executable: string): Client => async (target, { method, input, deadline }) => {
  const args = deadline === undefined ? [] : ["-max-time", `${deadline}`];
  const { code, stdout, stderr } = await runProgram([
    executable,
    "-plaintext",
    ...["-import-path", FOLDER, "-proto", "interop.proto", "-d", "@", ...args],
    target,
    `broker.interop.Interop/${method}`,
  ], { input, timeoutMs: CLIENT_TIMEOUT_MS });
  assert.ok(code === 0 || code > 64, stderr);
  return { answers: parseAll(stdout), code: code === 0 ? 0 : code - 64 };
};

const byBuf = ({ executable }: BufPeer): Client => async (target, { method, input }) => {
  const { code, stdout, stderr } = await runProgram([
    executable,
    "curl",
    ...["--schema", PROTO, "--protocol", "grpc", "--http2-prior-knowledge", "-d", "@-"],
    `http://${target}/broker.interop.Interop/${method}`,
  ], { input, timeoutMs: CLIENT_TIMEOUT_MS });
  // Statuses are multiples of 8 there (`buf curl --help`).
  assert.ok(code % 8 === 0, stderr);
  return { answers: parseAll(stdout), code: code / 8 };
};

async function compare(
  target: string,
  { client, cases = CASES }: { readonly client: Client; readonly cases?: readonly Case[] },
  t: Deno.TestContext,
): Promise<void> {
  for (const call of cases) {
    await t.step(`${call.method} with ${call.input.trim()}`, async () => {
      const ours = await byBroker(target, call);
      assert.equal(ours.code, call.code ?? 0);
      assert.deepEqual(ours, await client(target, call));
    });
  }
}

async function withEachServer(
  { node, python }: { readonly node: Peer; readonly python: Peer },
  t: Deno.TestContext,
  run: (target: string, t: Deno.TestContext) => Promise<void>,
): Promise<void> {
  await t.step("our server", async (t) => {
    await using server = startInteropServer();
    await run(server.target, t);
  });
  for (const peer of [node, python]) {
    await t.step(`the ${peer.name} server`, async (t) => {
      await using server = await startPeerServer(peer);
      await run(server.target, t);
    });
  }
}

testWithPeers(
  { node, python, grpcurl },
  "broker call gives the same answers and exit codes as grpcurl",
  ({ node, python, grpcurl }, t) =>
    withEachServer(
      { node, python },
      t,
      (target, t) => compare(target, { client: byGrpcurl(grpcurl.executable) }, t),
    ),
);

testWithPeers(
  { node, python, buf },
  "broker call gives the same answers and statuses as buf curl",
  ({ node, python, buf }, t) => {
    // It has no flag for a deadline.
    const cases = CASES.filter(({ deadline }) => deadline === undefined);
    return withEachServer(
      { node, python },
      t,
      (target, t) => compare(target, { client: byBuf(buf), cases }, t),
    );
  },
);
