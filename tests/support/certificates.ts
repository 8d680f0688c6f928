import {
  type Authority,
  createAuthority,
  type Credentials,
  parseHostNames,
  type Validity,
} from "../../certificates/mod.ts";
import { runProgram } from "./run_program.ts";

const DAY_MS = 86_400_000;

/** Days from now, negative for the past. */
export function validFor(fromDays: number, untilDays: number): Validity {
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  return {
    from: new Date(nowMs + fromDays * DAY_MS),
    until: new Date(nowMs + untilDays * DAY_MS),
  };
}

/** Everything that the tests of TLS show to each other. */
export interface TestCertificates {
  readonly authority: Authority;
  /** The authority's certificate, to be trusted. */
  readonly roots: string;
  /** Another authority's. */
  readonly otherRoots: string;
  readonly server: Credentials;
  readonly client: Credentials;
  readonly expired: Credentials;
  readonly notYetValid: Credentials;
  /** For the host other.example. */
  readonly otherName: Credentials;
  /** Signed by the other authority. */
  readonly untrustedServer: Credentials;
  readonly untrustedClient: Credentials;
  readonly expiredClient: Credentials;
  /** As tutorials make it: CA:TRUE, no subject alternative name. */
  readonly selfSigned: Credentials;
}

let made: Promise<TestCertificates> | undefined;

/** Makes them once for a test file. */
export function testCertificates(): Promise<TestCertificates> {
  return made ??= makeAll();
}

async function makeAll(): Promise<TestCertificates> {
  const now = validFor(-1, 30);
  const hosts = parseHostNames("localhost,127.0.0.1,::1");
  const [authority, other] = [await createAuthority(now), await createAuthority(now)];
  return {
    authority,
    roots: authority.credentials.certificate,
    otherRoots: other.credentials.certificate,
    server: await authority.issueServer(hosts, now),
    client: await authority.issueClient("alice", now),
    expired: await authority.issueServer(hosts, validFor(-2, -1)),
    notYetValid: await authority.issueServer(hosts, validFor(1, 2)),
    otherName: await authority.issueServer(parseHostNames("other.example"), now),
    untrustedServer: await other.issueServer(hosts, now),
    untrustedClient: await other.issueClient("mallory", now),
    expiredClient: await authority.issueClient("alice", validFor(-2, -1)),
    selfSigned: await makeSelfSigned(),
  };
}

async function makeSelfSigned(): Promise<Credentials> {
  const folder = await Deno.makeTempDir({ prefix: "broker-self-signed-" });
  try {
    const [key, certificate] = [`${folder}/key.pem`, `${folder}/cert.pem`];
    const options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost".split(" ");
    await openssl(...options, "-keyout", key, "-out", certificate);
    return {
      certificate: await Deno.readTextFile(certificate),
      privateKey: await Deno.readTextFile(key),
    };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs openssl; returns what it printed. @throws Error if it fails */
export async function openssl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runProgram(["openssl", ...args]);
  if (code !== 0) throw new Error(`openssl ${args.join(" ")} failed: ${stdout}${stderr}`);
  return stdout;
}
