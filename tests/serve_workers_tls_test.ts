// `serve --workers` over TLS, as a user meets it.
import assert from "node:assert/strict";
import { runBroker, startServer, temporaryFolder } from "./support/broker.ts";
import { testCertificates } from "./support/certificates.ts";

const certificates = await testCertificates();
/** Enough that each worker gets some: all to one of them happens once in a million runs. */
const MANY = 20;
const ANSWER = '{"id":1,"prediction":false}\n';

/** A folder with ca.crt, server.crt and client.crt, and their keys. */
async function filesOfTls() {
  const folder = await temporaryFolder();
  const { roots, server, client } = certificates;
  await Deno.writeTextFile(`${folder.path}/ca.crt`, roots);
  for (const [name, pair] of Object.entries({ server, client })) {
    await Deno.writeTextFile(`${folder.path}/${name}.crt`, pair.certificate);
    await Deno.writeTextFile(`${folder.path}/${name}.key`, pair.privateKey);
  }
  return folder;
}

function serveFlags(path: string): string[] {
  return ["--workers", "2", "--tls-cert", `${path}/server.crt`, "--tls-key", `${path}/server.key`];
}

/** What so many connections, one after the other, were told; each different one once. */
async function streamMany(target: string, ...flags: string[]): Promise<string[]> {
  const said = new Set<string>();
  for (let count = 0; count < MANY; count++) {
    const args = ["stream", "-", target.replace("127.0.0.1", "localhost"), "-q", ...flags];
    const { exitCode, stdout, stderr } = await runBroker(args, { stdin: "id\n1\n" });
    said.add(exitCode === 0 ? stdout : stderr);
  }
  return [...said];
}

Deno.test("serve --workers asks for client certificates in each worker", async () => {
  await using folder = await filesOfTls();
  const { path } = folder;
  const server = await startServer([...serveFlags(path), "--tls-client-ca", `${path}/ca.crt`]);
  const ca = ["--cacert", `${path}/ca.crt`];
  const own = ["--cert", `${path}/client.crt`, "--key", `${path}/client.key`];
  assert.deepEqual(await streamMany(server.target, ...ca, ...own), [ANSWER]);
  for (const said of await streamMany(server.target, ...ca)) {
    assert.match(said, /client certificate; give one with --cert and --key$/m);
  }
  assert.equal((await server.stop()).exitCode, 0);
});

Deno.test("serve --workers reads its certificates again on SIGHUP, in each worker", async () => {
  await using folder = await filesOfTls();
  const { path } = folder;
  const server = await startServer(serveFlags(path));
  const ca = ["--cacert", `${path}/ca.crt`];
  assert.deepEqual(await streamMany(server.target, ...ca), [ANSWER]);

  await Deno.writeTextFile(`${path}/server.crt`, certificates.otherName.certificate);
  await Deno.writeTextFile(`${path}/server.key`, certificates.otherName.privateKey);
  server.io.hangUp();
  await server.untilPrinted("stderr", /^Read the certificates again: "\S+server\.crt" is shown/m);
  const renamed = [...ca, "--servername", "other.example"];
  // Said by the first worker that is done; the other one may be a moment behind.
  for (let round = 0; round < 10; round++) {
    if ((await streamMany(server.target, ...renamed)).length === 1) break;
  }
  assert.deepEqual(await streamMany(server.target, ...renamed), [ANSWER]);
  const { stderr } = await server.stop();
  assert.equal(stderr.split("Read the certificates again").length, 2, stderr);
});

Deno.test("serve --workers refuses a port that a server with TLS shares among workers", async () => {
  await using folder = await filesOfTls();
  await using server = await startServer(serveFlags(folder.path));
  const port = server.target.split(":").at(-1) ?? "";
  for (const flags of [[], serveFlags(folder.path)]) {
    const where = ["--host", "127.0.0.1", "--port", port, "--no-web"];
    const { exitCode, stderr } = await runBroker(["serve", ...where, ...flags]);
    assert.deepEqual([exitCode, stderr], [
      1,
      `error: Cannot listen on ${server.target}: ` +
      "it is in use; stop the other program or choose another port with --port\n",
    ]);
  }
});
