import assert from "node:assert/strict";
import { listenTls } from "../../rpc/listen_tls.ts";
import { TlsError, type TlsFailure } from "../../rpc/tls_error.ts";
import { INTEROP } from "../interop/interop_schema.ts";
import { testCertificates } from "../support/certificates.ts";
import { call, failureOf, openChannel } from "../support/tls_client.ts";
import { startTlsServer } from "../support/tls_server.ts";
import { withTimeout } from "../support/with_timeout.ts";

const {
  roots,
  otherRoots,
  server,
  client,
  otherName,
  untrustedClient,
  expiredClient,
  selfSigned,
} = await testCertificates();

const TIMEOUT_MS = 10_000;

/** A server's alert may be lost, when the reset of the connection that it closes overtakes it. */
const REFUSALS: readonly TlsFailure[] = ["certificate_required", "closed_after_handshake"];

Deno.test("listenTls() takes clients with a certificate of the authority, and no others", async (t) => {
  await using ours = await startTlsServer({ ...server, clientRoots: roots });
  const trusting = { rootCertificates: roots };
  assert.equal(await call(ours.target, { ...trusting, ...client }), 4);
  const rows: Record<string, readonly [shown: Partial<typeof server>, logged: RegExp]> = {
    "none": [{}, /^it showed no client certificate$/],
    "one of another authority": [untrustedClient, /expired, not one/],
    "an expired one": [expiredClient, /expired, not one/],
    "a server's": [server, /expired, not one/],
    "a self-signed one": [selfSigned, /expired, not one/],
  };
  for (const [name, [shown, logged]] of Object.entries(rows)) {
    await t.step(name, async () => {
      const before = ours.refusals.length;
      const { failure } = await failureOf(ours.target, { ...trusting, ...shown });
      assert.ok(REFUSALS.includes(failure), failure);
      assert.match(ours.refusals[before], logged);
      assert.equal(ours.server.stats.connections, 0);
    });
  }
  assert.equal(await call(ours.target, { ...trusting, ...client }), 4);
});

Deno.test("listenTls() cuts off who does not finish the handshake, and goes on with others", async () => {
  const limits = { maxHandshakes: 3, handshakeTimeoutMs: 300 };
  await using ours = await startTlsServer(server, limits);
  const silent: Deno.TcpConn[] = [];
  for (let at = 0; at < 4; at++) silent.push(await Deno.connect({ port: ours.port }));
  // Half a record header is no hello either.
  await silent[3].write(Uint8Array.of(0x16, 0x03));
  const untilClosed = (connection: Deno.TcpConn) =>
    withTimeout(connection.read(new Uint8Array(64)).catch(() => null), TIMEOUT_MS, "the end");
  const startMs = performance.now();
  assert.equal(await untilClosed(silent[0]), null, "the oldest makes room");
  assert.ok(performance.now() - startMs < limits.handshakeTimeoutMs);
  assert.equal(await call(ours.target, { rootCertificates: roots }), 4);
  for (const connection of silent) {
    await untilClosed(connection);
    connection.close();
  }
  assert.equal(await call(ours.target, { rootCertificates: roots }), 4);
});

Deno.test("listenTls() that is closed cuts off handshakes under way", async () => {
  const ours = await startTlsServer(server);
  using silent = await Deno.connect({ port: ours.port });
  assert.equal(await call(ours.target, { rootCertificates: roots }), 4);
  await ours[Symbol.asyncDispose]();
  const ended = silent.read(new Uint8Array(1)).catch(() => null);
  assert.equal(await withTimeout(ended, TIMEOUT_MS, "the end"), null);
});

Deno.test("reload() shows another certificate from now on, and leaves calls alone", async () => {
  await using ours = await startTlsServer(server);
  using channel = openChannel(ours.target, { rootCertificates: roots });
  const running = channel.call(INTEROP.bidi);
  const ask = async (id: number) => {
    running.send({ id });
    const { value } = await withTimeout(running.responses.next(), TIMEOUT_MS, `answer ${id}`);
    assert.equal(value?.id, id);
  };
  await ask(1);
  await ours.listener.reload(otherName);
  await ask(2);
  const renamed = { rootCertificates: roots, serverName: "other.example" };
  assert.equal(await call(ours.target, renamed), 4);
  assert.equal((await failureOf(ours.target, { rootCertificates: roots })).failure, "wrong_name");

  const damaged = server.certificate.replace(/[A-Za-z]{20}/, "A".repeat(20));
  const wrong: readonly (readonly [TlsFailure, Parameters<typeof ours.listener.reload>[0]])[] = [
    ["bad_key", { ...server, privateKey: client.privateKey }],
    ["bad_key", { ...server, privateKey: "" }],
    ["bad_certificate", { ...server, certificate: "nonsense" }],
    ["bad_certificate", { ...server, certificate: damaged }],
    ["bad_roots", { ...server, clientRoots: roots }],
  ];
  for (const [failure, tls] of wrong) {
    await assert.rejects(
      ours.listener.reload(tls),
      (error) => error instanceof TlsError && error.failure === failure,
      failure,
    );
  }
  assert.equal(await call(ours.target, renamed), 4, "the old certificate is still shown");
  await ask(3);
  running.end();
  const last = await withTimeout(running.responses.next(), TIMEOUT_MS, "the end of the call");
  assert.equal(last.done, true);
});

Deno.test("reload() changes which clients are taken", async () => {
  await using ours = await startTlsServer({ ...server, clientRoots: otherRoots });
  const tls = { rootCertificates: roots, ...client };
  assert.ok(REFUSALS.includes((await failureOf(ours.target, tls)).failure));
  await ours.listener.reload({ ...server, clientRoots: roots });
  assert.equal(await call(ours.target, tls), 4);
  const { failure } = await failureOf(ours.target, { rootCertificates: roots });
  assert.ok(REFUSALS.includes(failure), failure);
});

Deno.test("listenTls() refuses what it cannot use, and addresses that are taken", async () => {
  const address = { kind: "tcp", hostname: "127.0.0.1", port: 0 } as const;
  const rows: readonly (readonly [TlsFailure, typeof server & { clientRoots?: string }])[] = [
    ["bad_key", { ...server, privateKey: client.privateKey }],
    ["bad_key", { ...server, privateKey: "-----BEGIN ENCRYPTED PRIVATE KEY-----" }],
    ["bad_certificate", { ...server, certificate: "" }],
    ["bad_roots", { ...server, clientRoots: "" }],
  ];
  for (const [failure, tls] of rows) {
    await assert.rejects(
      listenTls(address, tls),
      (error) => error instanceof TlsError && error.failure === failure,
      failure,
    );
  }
  await using ours = await startTlsServer(server);
  const taken = { ...address, port: ours.port };
  await assert.rejects(listenTls(taken, server), Deno.errors.AddrInUse);
  await assert.rejects(
    listenTls({ ...address, hostname: "192.0.2.1" }, server),
    Deno.errors.AddrNotAvailable,
  );
});
