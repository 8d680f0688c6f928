import assert from "node:assert/strict";
import { Channel } from "../../rpc/channel.ts";
import { connectTls } from "../../rpc/connect_tls.ts";
import { RpcServer } from "../../rpc/server.ts";
import { RpcError } from "../../rpc/status.ts";
import type { ClientTls } from "../../rpc/tls_credentials.ts";
import type { TlsFailure } from "../../rpc/tls_error.ts";
import type { Address } from "../../rpc/transport.ts";
import { testCertificates } from "../support/certificates.ts";
import { call, failureOf, TOLD_WITHIN_MS } from "../support/tls_client.ts";
import { startTlsServer } from "../support/tls_server.ts";
import { withTimeout } from "../support/with_timeout.ts";

const {
  roots,
  otherRoots,
  server,
  client,
  expired,
  notYetValid,
  otherName,
  untrustedServer,
  selfSigned,
} = await testCertificates();

const TIMEOUT_MS = 10_000;

function localhost(port: number): Address {
  return { kind: "tcp", hostname: "localhost", port };
}

Deno.test("connectTls() takes a server whose certificate is trusted, current and for its name", async (t) => {
  const rows: Record<string, readonly [shown: typeof server, tls: ClientTls]> = {
    "an authority of its own": [server, { rootCertificates: roots }],
    "one of several authorities": [server, { rootCertificates: otherRoots + roots }],
    "another name": [otherName, { rootCertificates: roots, serverName: "other.example" }],
    "an address": [server, { rootCertificates: roots, serverName: "127.0.0.1" }],
    "a self-signed certificate with CA:TRUE and no alternative name": [
      selfSigned,
      { rootCertificates: selfSigned.certificate },
    ],
    "anything, if asked to": [expired, { insecure: true, serverName: "nobody.example" }],
  };
  for (const [name, [shown, tls]] of Object.entries(rows)) {
    await t.step(name, async () => {
      await using ours = await startTlsServer(shown);
      assert.equal(await call(ours.target, tls), 4);
    });
  }
  await t.step("an address as target", async () => {
    await using ours = await startTlsServer(server);
    assert.equal(await call(`127.0.0.1:${ours.port}`, { rootCertificates: roots }), 4);
  });
});

Deno.test("connectTls() says what is wrong with the server's certificate", async (t) => {
  const trusting = { rootCertificates: roots };
  const rows: readonly (readonly [
    failure: TlsFailure,
    shown: typeof server,
    tls: ClientTls,
    message: RegExp,
  ])[] = [
    ["untrusted", untrustedServer, trusting, /signed by an authority that is not trusted/],
    ["untrusted", server, { rootCertificates: otherRoots }, /not trusted/],
    ["untrusted", server, {}, /not trusted/],
    ["self_signed", selfSigned, trusting, /self-signed and not trusted/],
    ["expired", expired, trusting, /expired on \w{3} +\d+ .* GMT/],
    ["not_yet_valid", notYetValid, trusting, /not valid before \w{3} +\d+ .* GMT/],
    ["wrong_name", otherName, trusting, /certificate is for other\.example$/],
    ["wrong_name", server, { ...trusting, serverName: "x.example" }, /for localhost, 127\.0\.0\.1/],
    ["wrong_name", server, { ...trusting, serverName: "10.9.8.7" }, /for localhost, 127\.0\.0\.1/],
    ["wrong_usage", client, trusting, /not one for servers/],
  ];
  for (const [at, [failure, shown, tls, message]] of rows.entries()) {
    await t.step(`${at + 1}: ${failure}`, async () => {
      await using ours = await startTlsServer(shown);
      const error = await failureOf(ours.target, tls);
      assert.equal(error.failure, failure);
      assert.match(error.message, message);
      assert.equal(ours.server.stats.connections, 0);
    });
  }
});

Deno.test("connectTls() tells servers that do not speak TLS, or no HTTP/2 in it", async (t) => {
  const tls = { rootCertificates: roots };
  await t.step("ours in plain text", async () => {
    const plain = new RpcServer();
    const address = plain.listen({ kind: "tcp", hostname: "127.0.0.1", port: 0 });
    const port = address.kind === "tcp" ? address.port : 0;
    assert.equal((await failureOf(`localhost:${port}`, tls)).failure, "not_tls");
    await withTimeout(plain.shutdown({ graceMs: 1000 }), TIMEOUT_MS, "the server to end");
  });
  const listeners: readonly (readonly [TlsFailure, Deno.Listener<Deno.Conn>])[] = [
    ["closed_in_handshake", Deno.listen({ hostname: "127.0.0.1", port: 0 })],
    ["no_http2", listenOther({})],
    ["no_http2", listenOther({ alpnProtocols: ["http/1.1"] })],
  ];
  for (const [failure, listener] of listeners) {
    await t.step(failure, async () => {
      const serving = closeFirst(listener);
      const port = listener.addr.transport === "tcp" ? listener.addr.port : 0;
      assert.equal((await failureOf(`localhost:${port}`, tls)).failure, failure);
      await withTimeout(serving, TIMEOUT_MS, "the other server to end");
    });
  }
});

function listenOther(options: { alpnProtocols?: string[] }): Deno.TlsListener {
  const [cert, key] = [server.certificate, server.privateKey];
  return Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key, ...options });
}

/** Accepts one connection, reads what comes first, and hangs up. */
async function closeFirst(listener: Deno.Listener<Deno.Conn>): Promise<void> {
  using connection = await listener.accept();
  await connection.read(new Uint8Array(8)).catch(() => {});
  listener.close();
}

Deno.test("A plain channel on a TLS port is refused within a second", async () => {
  await using ours = await startTlsServer(server);
  using channel = new Channel(`localhost:${ours.port}`);
  const startMs = performance.now();
  await withTimeout(assert.rejects(channel.connect(), RpcError), TIMEOUT_MS, "the refusal");
  assert.ok(performance.now() - startMs < TOLD_WITHIN_MS);
  assert.deepEqual(ours.refusals, ["it does not speak TLS"]);
});

Deno.test("A TLS alert in answer to plain text is told as such", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const answered = (async () => {
    using connection = await listener.accept();
    const seen = new Uint8Array(1024);
    await connection.read(seen);
    await connection.write(Uint8Array.of(0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46));
    await connection.closeWrite();
    while (await connection.read(seen) !== null);
    listener.close();
  })();
  using channel = new Channel(`localhost:${listener.addr.port}`);
  const connecting = channel.connect();
  const wanted = (error: Error) => /: it speaks TLS$/.test(error.message);
  await withTimeout(assert.rejects(connecting, wanted), TIMEOUT_MS, "the refusal");
  channel.close();
  await withTimeout(answered, TIMEOUT_MS, "the server to see the end");
});

Deno.test("connectTls() fails as a plain connection where nobody listens, and when it is given up", async () => {
  const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  gone.close();
  await assert.rejects(
    withTimeout(connectTls(localhost(gone.addr.port), {}), TIMEOUT_MS, "the refusal"),
    Deno.errors.ConnectionRefused,
  );
  using mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const giveUp = new AbortController();
  const connecting = connectTls(localhost(mute.addr.port), { signal: giveUp.signal });
  using _accepted = await withTimeout(mute.accept(), TIMEOUT_MS, "the client");
  giveUp.abort(new Error("given up"));
  await assert.rejects(withTimeout(connecting, TIMEOUT_MS, "the end"), /given up/);
});
