// TLS and mutual TLS between our server and channel and those of grpc-js and grpcio, with the files of `broker cert`.
import { strict as assert } from "node:assert";
import type { ChannelOptions } from "../../rpc/channel.ts";
import { connectTls } from "../../rpc/connect_tls.ts";
import type { ClientTls, ServerTls } from "../../rpc/tls_credentials.ts";
import { runBroker, temporaryFolder } from "../support/broker.ts";
import { testCertificates } from "../support/certificates.ts";
import {
  nodePeer,
  type Peer,
  type PeerTls,
  pythonPeer,
  runAllScenarios,
  runPeerClient,
  SCENARIOS,
  startPeerServer,
  testWithPeers,
} from "../support/peers.ts";
import { startTlsServer } from "../support/tls_server.ts";
import { runChannelScenario } from "./channel_scenarios.ts";

const [node, python] = [await nodePeer(), await pythonPeer()];

/** A folder with what `broker cert --client alice` writes. */
async function certFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await temporaryFolder();
  const { exitCode, stderr } = await runBroker([
    ...["cert", "--out", folder.path, "--client", "alice", "--hosts", "localhost,127.0.0.1,::1"],
  ]);
  assert.equal(exitCode, 0, stderr);
  return folder;
}

async function readServerFiles(folder: string, isMutual: boolean): Promise<ServerTls> {
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  const [certificate, privateKey] = [await read("server.crt"), await read("server.key")];
  return { certificate, privateKey, ...(isMutual ? { clientRoots: await read("ca.crt") } : {}) };
}

async function readClientFiles(folder: string, isMutual: boolean): Promise<ClientTls> {
  const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
  const rootCertificates = await read("ca.crt");
  if (!isMutual) return { rootCertificates };
  return {
    rootCertificates,
    certificate: await read("client.crt"),
    privateKey: await read("client.key"),
  };
}

function channelOptions(tls: ClientTls): ChannelOptions {
  return {
    scheme: "https",
    connect: ({ address }, signal) => connectTls(address, { ...tls, signal }),
  };
}

/** Every scenario over mutual TLS, which has all that TLS has; over TLS the longest. */
async function serveClient(t: Deno.TestContext, peer: Peer): Promise<void> {
  await using folder = await certFolder();
  for (const isMutual of [true, false]) {
    const tls: PeerTls = { folder: folder.path, isMutual };
    await using ours = await startTlsServer(await readServerFiles(folder.path, isMutual));
    if (isMutual) await runAllScenarios(t, peer, ours.target, tls);
    else await runPeerClient(peer, ours.target, "bidi-10000", tls);
    assert.equal(ours.server.stats.streams, 0);
  }
}

async function callServer(t: Deno.TestContext, peer: Peer): Promise<void> {
  await using folder = await certFolder();
  for (const isMutual of [true, false]) {
    await using server = await startPeerServer(peer, { tls: { folder: folder.path, isMutual } });
    const options = channelOptions(await readClientFiles(folder.path, isMutual));
    for (const scenario of isMutual ? SCENARIOS : ["bidi-10000"] as const) {
      await t.step(
        `${scenario}, ${isMutual ? "mutual " : ""}TLS`,
        () => runChannelScenario(server.target, scenario, options),
      );
    }
  }
}

testWithPeers({ node }, "A grpc-js client agrees with our server over TLS", ({ node }, t) => {
  return serveClient(t, node);
});

testWithPeers({ python }, "A grpcio client agrees with our server over TLS", ({ python }, t) => {
  return serveClient(t, python);
});

testWithPeers({ node }, "Our channel agrees with a grpc-js server over TLS", ({ node }, t) => {
  return callServer(t, node);
});

testWithPeers({ python }, "Our channel agrees with a grpcio server over TLS", ({ python }, t) => {
  return callServer(t, python);
});

testWithPeers(
  { node, python },
  "Our server refuses clients of others that show no certificate, or another authority's",
  async (peers) => {
    await using folder = await certFolder();
    await using ours = await startTlsServer(await readServerFiles(folder.path, true));
    const { untrustedClient } = await testCertificates();
    await Deno.writeTextFile(`${folder.path}/client.crt`, untrustedClient.certificate);
    await Deno.writeTextFile(`${folder.path}/client.key`, untrustedClient.privateKey);
    for (const peer of [peers.node, peers.python]) {
      for (const isMutual of [false, true]) {
        const tls = { folder: folder.path, isMutual };
        await assert.rejects(runPeerClient(peer, ours.target, "unary", tls), /UNAVAILABLE/);
      }
    }
    assert.equal(ours.server.stats.connections, 0);
  },
);

testWithPeers(
  { node, python },
  "broker stream names the flag that helps against the servers of others",
  async (peers, t) => {
    await using folder = await certFolder();
    const { untrustedClient, otherRoots } = await testCertificates();
    const write = async (name: string, text: string) => {
      await Deno.writeTextFile(`${folder.path}/${name}`, text);
      return `${folder.path}/${name}`;
    };
    const ca = `${folder.path}/ca.crt`;
    const otherCa = await write("other.crt", otherRoots);
    const stranger = [
      ...["--cert", await write("stranger.crt", untrustedClient.certificate)],
      ...["--key", await write("stranger.key", untrustedClient.privateKey)],
    ];
    const rows: readonly (readonly [
      server: "plain" | "tls" | "mutual",
      flags: readonly string[],
      sentence: RegExp,
    ])[] = [
      ["plain", ["--cacert", ca], /does not speak TLS; connect with --plaintext$/m],
      ["tls", [], /speaks TLS, connect with --tls|speaks TLS; connect with --tls/],
      ["tls", ["--tls"], /not trusted; name the certificate of that authority with --cacert$/m],
      [
        "tls",
        ["--cacert", otherCa],
        /not trusted; --cacert "\S+other\.crt" is not the certificate/,
      ],
      [
        "tls",
        ["--cacert", ca, "--servername", "x.y"],
        /not for "x\.y"; name .* with --servername$/m,
      ],
      ["mutual", ["--cacert", ca], /client certificate; give one with --cert and --key$/m],
      ["mutual", ["--cacert", ca, ...stranger], /client certificate; .* --cert "\S+stranger\.crt"/],
    ];
    for (const peer of [peers.node, peers.python]) {
      for (const kind of ["plain", "tls", "mutual"] as const) {
        const tls = { folder: folder.path, isMutual: kind === "mutual" };
        await using server = await startPeerServer(peer, kind === "plain" ? {} : { tls });
        for (const [, flags, sentence] of rows.filter(([wanted]) => wanted === kind)) {
          await t.step(`${peer.name}, ${kind}: ${flags.join(" ")}`, async () => {
            const startMs = performance.now();
            const args = ["stream", "-", server.target, "-q", ...flags];
            const { exitCode, stderr } = await runBroker(args, { stdin: "id\n1\n" });
            assert.match(stderr, sentence);
            assert.equal(exitCode, 1);
            assert.ok(performance.now() - startMs < 1000, "it took too long");
          });
        }
      }
    }
  },
);
