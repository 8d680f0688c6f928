import assert from "node:assert/strict";
import { runBroker, temporaryFolder } from "./support/broker.ts";
import { openssl } from "./support/certificates.ts";

async function listFiles(path: string): Promise<Record<string, number>> {
  const modes: Record<string, number> = {};
  for await (const { name } of Deno.readDir(path)) {
    modes[name] = ((await Deno.stat(`${path}/${name}`)).mode ?? 0) & 0o777;
  }
  return modes;
}

async function verify(authority: string, certificate: string, ...more: string[]): Promise<void> {
  await openssl("verify", "-x509_strict", "-CAfile", authority, ...more, certificate);
}

Deno.test("cert makes an authority and a server's certificate that openssl verifies", async () => {
  await using folder = await temporaryFolder();
  const out = `${folder.path}/new/certs`;
  const { exitCode, stdout, stderr } = await runBroker([
    ...["cert", "--out", out, "--hosts", "broker.example,10.0.0.7,::1", "--days", "7"],
  ]);
  assert.deepEqual([exitCode, stdout], [0, ""], stderr);
  assert.match(stderr, /^Wrote .*ca\.crt, .*server\.key; the certificates expire on 2\d{3}-/);
  const { "ca.key": caKey, "server.key": serverKey, ...others } = await listFiles(out);
  assert.deepEqual([caKey, serverKey], [0o600, 0o600]);
  assert.deepEqual(Object.keys(others).sort(), ["ca.crt", "server.crt"]);
  const [ca, server] = [`${out}/ca.crt`, `${out}/server.crt`];
  await verify(ca, server, "-purpose", "sslserver", "-verify_hostname", "broker.example");
  await verify(ca, server, "-verify_ip", "10.0.0.7");
  await verify(ca, server, "-verify_ip", "::1");
  await assert.rejects(verify(ca, server, "-verify_hostname", "localhost"), /mismatch/);
  await assert.rejects(verify(ca, server, "-purpose", "sslclient"), /purpose/);
});

Deno.test("cert expires when --days says so", async () => {
  await using folder = await temporaryFolder();
  await runBroker(["cert", "--out", folder.path, "--days", "2"]);
  const [ca, server] = [`${folder.path}/ca.crt`, `${folder.path}/server.crt`];
  const at = (hours: number) => ["-attime", String(Math.floor(Date.now() / 1000) + hours * 3600)];
  await verify(ca, server, ...at(47.9));
  await assert.rejects(verify(ca, server, ...at(48.1)), /certificate has expired/);
  await assert.rejects(verify(ca, server, ...at(-1.1)), /not yet valid/);
});

Deno.test("cert --client makes a certificate for clients only", async () => {
  await using folder = await temporaryFolder();
  const out = folder.path;
  const { exitCode, stderr } = await runBroker(["cert", "--out", out, "--client", "alice"]);
  assert.equal(exitCode, 0, stderr);
  await verify(`${out}/ca.crt`, `${out}/client.crt`, "-purpose", "sslclient");
  await assert.rejects(verify(`${out}/ca.crt`, `${out}/client.crt`, "-purpose", "sslserver"));
  assert.equal((await listFiles(out))["client.key"], 0o600);
  await verify(`${out}/ca.crt`, `${out}/server.crt`, "-verify_hostname", "localhost");
  const publicKeys = [
    await openssl("x509", "-in", `${out}/client.crt`, "-noout", "-pubkey"),
    await openssl("pkey", "-in", `${out}/client.key`, "-pubout"),
  ];
  assert.equal(publicKeys[0], publicKeys[1]);
});

Deno.test("cert writes over nothing without --force", async () => {
  await using folder = await temporaryFolder();
  const out = folder.path;
  await Deno.writeTextFile(`${out}/server.key`, "mine");
  const refused = await runBroker(["cert", "--out", out]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /"\S+server\.key" is there already; .* --out, .* --force/);
  assert.deepEqual(Object.keys(await listFiles(out)), ["server.key"]);
  assert.equal(await Deno.readTextFile(`${out}/server.key`), "mine");

  const forced = await runBroker(["cert", "--out", out, "--force"]);
  assert.equal(forced.exitCode, 0, forced.stderr);
  assert.equal((await listFiles(out))["server.key"], 0o600);
  await verify(`${out}/ca.crt`, `${out}/server.crt`);
});

Deno.test("cert --ca signs one more client, or a server's next certificate", async () => {
  await using folder = await temporaryFolder();
  const [first, bob] = [`${folder.path}/first`, `${folder.path}/bob`];
  await runBroker(["cert", "--out", first]);
  const ca = await Deno.readTextFile(`${first}/ca.crt`);

  const client = await runBroker(["cert", "--ca", first, "--out", bob, "--client", "bob"]);
  assert.equal(client.exitCode, 0, client.stderr);
  assert.deepEqual(Object.keys(await listFiles(bob)).sort(), [
    ...["ca.crt", "client.crt", "client.key"],
  ]);
  await verify(`${first}/ca.crt`, `${bob}/client.crt`, "-purpose", "sslclient");

  const again = ["cert", "--ca", first, "--out", first, "--hosts", "new.example"];
  assert.match((await runBroker(again)).stderr, /server\.crt", "\S+server\.key" are there already/);
  const renewed = await runBroker([...again, "--force"]);
  assert.equal(renewed.exitCode, 0, renewed.stderr);
  assert.equal(await Deno.readTextFile(`${first}/ca.crt`), ca);
  await verify(`${bob}/ca.crt`, `${first}/server.crt`, "-verify_hostname", "new.example");

  const beyond = await runBroker(["cert", "--ca", first, "--out", bob, "--days", "4000"]);
  assert.equal(beyond.exitCode, 1);
  assert.match(
    beyond.stderr,
    /for 4000 days: the authority in "\S+first" expires on 2\d{3}-.*--days/,
  );
  await Deno.copyFile(`${bob}/client.key`, `${first}/ca.key`);
  const foreign = await runBroker(["cert", "--ca", first, "--out", `${folder.path}/c`]);
  assert.match(
    foreign.stderr,
    /^error: Cannot sign with .*: its key belongs to another certificate$/m,
  );
});

Deno.test("cert says what is wrong with its arguments before it writes", async (t) => {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/file`;
  await Deno.writeTextFile(file, "");
  const rows: Record<string, readonly [args: string[], exitCode: number, error: RegExp]> = {
    "a port in a name": [["--hosts", "localhost:80"], 2, /"localhost:80": .*without ports/],
    "no name": [["--hosts", ""], 2, /for "": it is neither/],
    "an empty client": [["--client", ""], 2, /client "": a name has 1 to 64/],
    "no days": [["--days", "0"], 2, /--days "0"/],
    "a missing authority": [["--ca", folder.path], 1, /Cannot read "\S+ca\.crt": there is no such/],
    "a file for a folder": [
      ["--out", `${file}/certs`],
      1,
      /Cannot make the folder "\S+file\/certs"/,
    ],
  };
  for (const [name, [args, exitCode, error]] of Object.entries(rows)) {
    await t.step(name, async () => {
      const out = args.includes("--out") ? [] : ["--out", `${folder.path}/out`];
      const ran = await runBroker(["cert", ...out, ...args]);
      assert.equal(ran.exitCode, exitCode, ran.stderr);
      assert.match(ran.stderr, error);
      assert.deepEqual(Object.keys(await listFiles(folder.path)), ["file"]);
    });
  }
});
