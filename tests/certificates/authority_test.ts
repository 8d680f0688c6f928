import assert from "node:assert/strict";
import { createAuthority, loadAuthority, parseHostNames } from "../../certificates/mod.ts";
import { temporaryFolder } from "../support/broker.ts";
import { openssl, testCertificates, validFor } from "../support/certificates.ts";

/** What openssl says of a certificate, white space folded. */
async function describe(certificate: string): Promise<string> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/crt`, certificate);
  const text = await openssl("x509", "-in", `${folder.path}/crt`, "-noout", "-text");
  return text.replace(/\s+/g, " ");
}

Deno.test("createAuthority() makes an authority for servers and clients only", async () => {
  const { roots, otherRoots } = await testCertificates();
  const text = await describe(roots);
  assert.match(text, /Version: 3/);
  assert.match(text, /Basic Constraints: critical CA:TRUE, pathlen:0 /);
  assert.match(text, /Key Usage: critical Certificate Sign, CRL Sign /);
  assert.match(text, /NIST CURVE: P-256/);
  const subject = /Subject: (CN = broker authority \w{8}) /;
  assert.notEqual(subject.exec(text)?.[1], subject.exec(await describe(otherRoots))?.[1]);
});

Deno.test("issueServer() puts names, addresses and usages in, and points to the authority", async () => {
  const { authority, roots } = await testCertificates();
  const hosts = parseHostNames("broker.example,*.local,10.0.0.7,2001:db8::1,::ffff:1.2.3.4");
  const { certificate } = await authority.issueServer(hosts, validFor(0, 1));
  const text = await describe(certificate);
  assert.match(text, /Subject: CN = broker\.example /);
  assert.match(text, /Basic Constraints: critical CA:FALSE /);
  assert.match(text, /X509v3 Key Usage: critical Digital Signature /);
  assert.match(text, /Extended Key Usage: TLS Web Server Authentication X509v3/);
  assert.match(
    text,
    /Alternative Name: DNS:broker\.example, DNS:\*\.local, IP Address:10\.0\.0\.7, IP Address:2001:DB8:0:0:0:0:0:1, IP Address:0:0:0:0:0:FFFF:102:304 /,
  );
  const authorityKey = /Subject Key Identifier: (\S+) /.exec(await describe(roots))?.[1];
  assert.equal(/Authority Key Identifier: (\S+) /.exec(text)?.[1], authorityKey);
});

Deno.test("issueClient() takes a name as it is, whatever characters it has", async () => {
  const { authority } = await testCertificates();
  for (const name of ["alice", "Bob, O=Evil", '"q" + c;', "#0403", "Zoë 名", "x".repeat(64)]) {
    const { certificate } = await authority.issueClient(name, validFor(0, 1));
    await using folder = await temporaryFolder();
    await Deno.writeTextFile(`${folder.path}/crt`, certificate);
    const options = ["-noout", "-subject", "-nameopt", "multiline,utf8,-esc_msb"];
    const subject = await openssl("x509", "-in", `${folder.path}/crt`, ...options);
    assert.equal(subject, `subject=\n    commonName                = ${name}\n`);
    assert.match(await describe(certificate), /Extended Key Usage: TLS Web Client Auth/);
  }
  for (const name of ["", "x".repeat(65)]) {
    await assert.rejects(authority.issueClient(name, validFor(0, 1)), /1 to 64 characters/);
  }
});

Deno.test("A validity beyond 2049 is written as one", async () => {
  const authority = await createAuthority(validFor(0, 36_500));
  const { certificate } = await authority.issueServer(
    parseHostNames("localhost"),
    validFor(0, 36_500),
  );
  const year = new Date().getUTCFullYear() + 99;
  assert.match(await describe(certificate), new RegExp(`Not After : .* (${year}|${year + 1}) GMT`));
});

Deno.test("loadAuthority() signs on with the same key, and refuses what does not belong together", async () => {
  const { authority, roots, server, client, selfSigned } = await testCertificates();
  const { privateKey } = authority.credentials;
  const loaded = await loadAuthority({ certificate: roots, privateKey });
  assert.deepEqual(loaded.validity, authority.validity);
  await using folder = await temporaryFolder();
  const { certificate } = await loaded.issueClient("bob", validFor(0, 1));
  await Deno.writeTextFile(`${folder.path}/ca.crt`, roots);
  await Deno.writeTextFile(`${folder.path}/bob.crt`, certificate);
  await openssl(
    "verify",
    "-x509_strict",
    "-CAfile",
    `${folder.path}/ca.crt`,
    `${folder.path}/bob.crt`,
  );

  const rows: readonly (readonly [certificate: string, privateKey: string, fault: RegExp])[] = [
    [roots, client.privateKey, /^its key belongs to another certificate$/],
    [server.certificate, server.privateKey, /is not one of an authority/],
    ["nonsense", privateKey, /certificate cannot be read as PEM/],
    [roots, "nonsense", /key/],
    [roots, selfSigned.privateKey, /not one for P-256/],
    [selfSigned.certificate, privateKey, /another key than one for P-256/],
  ];
  for (const [certificate, privateKey, fault] of rows) {
    await assert.rejects(loadAuthority({ certificate, privateKey }), { message: fault });
  }
});
