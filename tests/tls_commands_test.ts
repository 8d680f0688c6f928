// `serve` and `stream` over TLS, as a user meets them.
import assert from "node:assert/strict";
import {
  runBroker,
  type RunningServer,
  startBroker,
  startServer,
  temporaryFolder,
} from "./support/broker.ts";
import { testCertificates } from "./support/certificates.ts";
import { repositoryPath } from "./support/paths.ts";
import { collectText } from "./support/run_program.ts";
import { withTimeout } from "./support/with_timeout.ts";

const certificates = await testCertificates();

/** A folder with ca.crt and the given pairs as NAME.crt and NAME.key. */
async function filesOf(
  ...names: ("server" | "client" | "otherName" | "untrustedClient" | "selfSigned")[]
): Promise<AsyncDisposable & { readonly path: string }> {
  const folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/ca.crt`, certificates.roots);
  for (const name of names) await writePair(folder.path, name, certificates[name]);
  return folder;
}

async function writePair(
  folder: string,
  name: string,
  pair: { readonly certificate: string; readonly privateKey: string },
): Promise<void> {
  await Deno.writeTextFile(`${folder}/${name}.crt`, pair.certificate);
  await Deno.writeTextFile(`${folder}/${name}.key`, pair.privateKey);
}

function serverFlags(folder: string, name = "server"): string[] {
  return ["--tls-cert", `${folder}/${name}.crt`, "--tls-key", `${folder}/${name}.key`];
}

function clientFlags(folder: string, name = "client"): string[] {
  return ["--cert", `${folder}/${name}.crt`, "--key", `${folder}/${name}.key`];
}

/** As certificates have it. */
function onLocalhost({ target }: RunningServer): string {
  return target.replace("127.0.0.1", "localhost");
}

async function streamOne(target: string, ...flags: string[]): Promise<[number, string]> {
  const ran = await runBroker(["stream", "-", target, "-q", ...flags], { stdin: "id\n1\n" });
  return [ran.exitCode, ran.exitCode === 0 ? ran.stdout : ran.stderr];
}

const ANSWERED: [number, string] = [0, '{"id":1,"prediction":false}\n'];

Deno.test("serve and stream meet over TLS, however it is asked for", async (t) => {
  await using folder = await filesOf("server");
  await using server = await startServer(serverFlags(folder.path));
  const target = onLocalhost(server);
  const ca = ["--cacert", `${folder.path}/ca.crt`];
  const rows: Record<string, readonly [target: string, ...flags: string[]]> = {
    "--cacert": [target, ...ca],
    "--tls --cacert": [target, "--tls", ...ca],
    "https://": [`https://${target}`, ...ca],
    "an address": [server.target, ...ca],
    "--servername": [target, ...ca, "--servername", "127.0.0.1"],
    "--insecure": [target, "--insecure"],
  };
  for (const [name, [target, ...flags]] of Object.entries(rows)) {
    await t.step(name, async () => assert.deepEqual(await streamOne(target, ...flags), ANSWERED));
  }
});

Deno.test("stream says which flag helps, within a second", async (t) => {
  await using folder = await filesOf("server", "client", "untrustedClient", "selfSigned");
  const { path } = folder;
  await using plain = await startServer();
  await using tls = await startServer(serverFlags(path));
  await using selfSigned = await startServer(serverFlags(path, "selfSigned"));
  const mutualFlags = [...serverFlags(path), "--tls-client-ca", `${path}/ca.crt`, "--verbose"];
  await using mutual = await startServer(mutualFlags);
  const ca = ["--cacert", `${path}/ca.crt`];
  const rows: readonly (readonly [RunningServer, flags: string[], sentence: string])[] = [
    [plain, ca, "it does not speak TLS; connect with --plaintext"],
    [
      tls,
      ["--tls"],
      "its certificate is signed by an authority that is not trusted; " +
      "name the certificate of that authority with --cacert",
    ],
    [
      tls,
      ["--cacert", `${path}/selfSigned.crt`],
      "its certificate is signed by an authority that is not trusted; " +
      `--cacert "${path}/selfSigned.crt" is not the certificate of that authority`,
    ],
    [
      tls,
      [...ca, "--servername", "x.example"],
      'its certificate is for localhost, 127.0.0.1, ::1, not for "x.example"; ' +
      "name the one that is right with --servername",
    ],
    [
      selfSigned,
      ["--tls"],
      "its certificate is self-signed and not trusted; if it is the right one, name it with --cacert",
    ],
    [
      mutual,
      [...ca, ...clientFlags(path, "untrustedClient")],
      "it closed the connection right after the TLS handshake, as servers do that do not accept a " +
      `client certificate; check --cert "${path}/untrustedClient.crt"`,
    ],
  ];
  for (const [server, flags, sentence] of rows) {
    await t.step(sentence, async () => {
      const startMs = performance.now();
      const [exitCode, said] = await streamOne(onLocalhost(server), ...flags);
      const wanted = `error: Cannot connect to ${onLocalhost(server)}: ${sentence}\n`;
      assert.deepEqual([exitCode, said], [1, wanted]);
      assert.ok(performance.now() - startMs < 1000);
    });
  }
  await t.step("no client certificate", async () => {
    const [exitCode, said] = await streamOne(onLocalhost(mutual), ...ca);
    assert.equal(exitCode, 1);
    // Its alert may be lost, when the reset of the connection overtakes it; the sentence then begins otherwise.
    assert.match(said, /(?:asks for|want) a client certificate; give one with --cert and --key$/m);
  });
  await t.step("plain text to TLS", async () => {
    const [exitCode, said] = await streamOne(onLocalhost(tls));
    assert.equal(exitCode, 1);
    assert.match(said, /speaks TLS[,;] connect with --tls, or with --cacert if its authority/);
  });
  await t.step("what works", async () => {
    const own = clientFlags(path);
    assert.deepEqual(await streamOne(onLocalhost(mutual), ...ca, ...own), ANSWERED);
    const itself = ["--cacert", `${path}/selfSigned.crt`];
    assert.deepEqual(await streamOne(onLocalhost(selfSigned), ...itself), ANSWERED);
  });
  await t.step("the server's own log", async () => {
    await mutual.untilPrinted("stderr", /^Refused a client: it showed no client certificate$/m);
    await mutual.untilPrinted("stderr", /^Refused a client: its client certificate is expired, /m);
  });
});

Deno.test("stream says what is wrong with the time or the purpose of a certificate", async (t) => {
  await using folder = await filesOf("server", "client");
  const rows: Record<string, readonly [pair: Parameters<typeof writePair>[2], sentence: RegExp]> = {
    "expired": [certificates.expired, /expired on .* GMT; renew it, or connect with --insecure,/],
    "early": [certificates.notYetValid, /not valid before .* GMT; check the clocks .* --insecure,/],
    "purpose": [certificates.client, /not one for servers; make one with broker cert, or/],
  };
  for (const [name, [pair, sentence]] of Object.entries(rows)) {
    await t.step(name, async () => {
      await writePair(folder.path, "shown", pair);
      await using server = await startServer(serverFlags(folder.path, "shown"));
      const target = onLocalhost(server);
      const [exitCode, said] = await streamOne(target, "--cacert", `${folder.path}/ca.crt`);
      assert.equal(exitCode, 1);
      assert.match(said, sentence);
      assert.deepEqual(await streamOne(target, "--insecure"), ANSWERED);
    });
  }
});

Deno.test("stream and serve refuse TLS flags that do not fit, before any connection", async (t) => {
  await using folder = await filesOf("server", "client");
  const { path } = folder;
  const [cert, key] = [`${path}/client.crt`, `${path}/client.key`];
  const rows: readonly (readonly [args: string[], exitCode: number, error: RegExp])[] = [
    [["stream", "-", "x:1", "--tls", "--plaintext"], 2, /--plaintext with --tls/],
    [["stream", "-", "x:1", "--cacert", cert, "--plaintext"], 2, /--plaintext with --cacert/],
    [["stream", "-", "x:1", "--cacert", cert, "--insecure"], 2, /--insecure with --cacert/],
    [["stream", "-", "http://x:1", "--cacert", cert], 2, /--cacert with "http:\/\/x:1".*https:/],
    [["stream", "-", "https://x:1", "--plaintext"], 2, /--plaintext with "https:\/\/x:1".*http:/],
    [["stream", "-", "x:1", "--cert", cert], 2, /--cert without --key/],
    [["stream", "-", "x:1", "--key", key], 2, /--key without --cert/],
    [
      ["stream", "-", "x:1", "--cacert", `${path}/no`],
      1,
      /Cannot read "\S+no": there is no such file/,
    ],
    [["stream", "-", "x:1", "--cacert", key], 1, /--cacert "\S+": there is no certificate in PEM/],
    [["stream", "-", "x:1", "--cert", key, "--key", key], 1, /--cert "\S+": there is no certif/],
    [
      ["stream", "-", "x:1", "--cert", cert, "--key", cert],
      1,
      /--key "\S+": there is no key in PEM/,
    ],
    [
      ["stream", "-", "x:1", "--cert", cert, "--key", `${path}/server.key`],
      1,
      /--key "\S+server\.key": the key belongs to another certificate/,
    ],
    [["serve", "--tls-cert", cert], 2, /--tls-cert without --tls-key/],
    [["serve", "--tls-key", key], 2, /--tls-key without --tls-cert/],
    [["serve", "--tls-client-ca", cert], 2, /--tls-client-ca without --tls-cert and --tls-key/],
    [["serve", "--host", "unix:/x", ...serverFlags(path)], 2, /unix:… with --tls-cert/],
    [["serve", ...serverFlags(path, "none")], 1, /Cannot read "\S+none\.crt"/],
    [["serve", "--tls-cert", cert, "--tls-key", `${path}/server.key`], 1, /--tls-key .* another/],
    [["serve", ...serverFlags(path), "--tls-client-ca", key], 1, /--tls-client-ca .* in PEM/],
  ];
  for (const [args, exitCode, error] of rows) {
    await t.step(String(error), async () => {
      const ran = await runBroker(args);
      assert.equal(ran.exitCode, exitCode, ran.stderr);
      assert.match(ran.stderr, error);
    });
  }
});

Deno.test("serve says with --tls-cert, too, that a port is taken", async () => {
  await using folder = await filesOf("server");
  await using server = await startServer(serverFlags(folder.path));
  const port = server.target.slice(server.target.lastIndexOf(":") + 1);
  const args = ["serve", "--host", "127.0.0.1", "--port", port, ...serverFlags(folder.path)];
  const { exitCode, stderr } = await runBroker(args);
  assert.equal(exitCode, 1);
  assert.match(stderr, /Cannot listen on \S+: it is in use; .* another port with --port/);
});

Deno.test("serve reads its certificates again on SIGHUP, and keeps the old ones if they are bad", async () => {
  await using folder = await filesOf("server", "otherName");
  const { path } = folder;
  await using server = await startServer(serverFlags(path));
  const target = onLocalhost(server);
  const ca = ["--cacert", `${path}/ca.crt`];

  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  const stdin = new ReadableStream<Uint8Array>({ start: (controller) => void (feed = controller) });
  const running = startBroker(["stream", "-", target, ...ca], { stdin });
  const send = (text: string) => feed?.enqueue(new TextEncoder().encode(text));
  send("id\n1\n2\n");
  await running.untilPrinted("stdout", /"id":1,/);

  await writePair(path, "server", certificates.otherName);
  server.io.hangUp();
  await server.untilPrinted("stderr", /^Read the certificates again: "\S+server\.crt" is shown/m);
  assert.match((await streamOne(target, ...ca))[1], /is for other\.example, not for "localhost"/);
  const renamed = [...ca, "--servername", "other.example"];
  assert.deepEqual(await streamOne(target, ...renamed), ANSWERED);

  await Deno.writeTextFile(`${path}/server.key`, "nonsense");
  server.io.hangUp();
  await server.untilPrinted(
    "stderr",
    /^error: Cannot use --tls-key "\S+": there is no key .*; the certificates that were read before stay in use$/m,
  );
  assert.deepEqual(await streamOne(target, ...renamed), ANSWERED);

  send("3\n");
  feed?.close();
  const { exitCode, stdout } = await running.ended();
  assert.equal(exitCode, 0);
  assert.equal(stdout.trimEnd().split("\n").length, 3);
});

Deno.test("A real process lives on after SIGHUP", async () => {
  await using folder = await filesOf("server");
  const args = ["run", "-A", repositoryPath("main.ts"), "serve", "--host", "127.0.0.1"];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args, "--port", "0", "--no-web", ...serverFlags(folder.path)],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const [listening, reloaded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const printed = collectText(child.stderr, (text) => {
    if (/^Listening on /m.test(text)) listening.resolve();
    if (/^Read the certificates again/m.test(text)) reloaded.resolve();
  });
  try {
    await withTimeout(listening.promise, 30_000, "the server to listen");
    child.kill("SIGHUP");
    await withTimeout(reloaded.promise, 10_000, "the certificates to be read again");
  } finally {
    child.kill("SIGTERM");
    const { code } = await withTimeout(child.status, 10_000, "the server to end");
    assert.equal(code, 0, await printed);
  }
});
